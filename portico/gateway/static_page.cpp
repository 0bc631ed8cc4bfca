#include "portico/gateway/static_page.h"

namespace portico {

const StaticPage* find_page(const std::vector<StaticPage>& pages, const net::Request& request) {
  if (request.verb != net::Verb::GET && request.verb != net::Verb::HEAD) return nullptr;
  for (const StaticPage& page : pages)
    if (page.path == request.path()) return &page;
  return nullptr;
}

}  // namespace portico
