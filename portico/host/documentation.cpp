#include <string>
#include <string_view>

#include "portico/host/pages.h"

namespace portico {

extern const char documentation_html[];  // documentation.html, compiled in

namespace {

void replace_all(std::string& text, std::string_view mark, std::string_view value) {
  for (size_t at = text.find(mark); at != text.npos; at = text.find(mark, at + value.size()))
    text.replace(at, mark.size(), value);
}

}  // namespace

std::string documentation_page(std::string_view title, std::string_view document_url) {
  std::string page = documentation_html;
  replace_all(page, "@TITLE@", title);
  replace_all(page, "@DOCUMENT@", document_url);
  return page;
}

}  // namespace portico
