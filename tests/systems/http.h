// A small blocking HTTP client, so that the tests ask a system as any client would.
#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portico::test {

using HeaderLines = std::vector<std::string>;  // "X-Internal-Key: k"

struct Reply {
  int status = 0;                                            // 0: no answer, see `failure`
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  boost::json::value json;  // null where the body is not JSON
  std::string failure;

  std::string header(std::string_view name) const;  // empty when it is not there
  bool has(std::string_view name) const;
  // The value at a JSON pointer; null when there is none.
  const boost::json::value& at(std::string_view pointer) const;
  std::string text(std::string_view pointer) const;  // of a string, else its JSON
  int64_t number(std::string_view pointer) const;    // of an integer, else INT64_MIN
  int64_t cents(std::string_view pointer) const;     // of an amount such as 19.99, else INT64_MIN
  size_t size(std::string_view pointer) const;       // of an array, else 0
  std::vector<std::string> fields_at_fault() const;  // the `field` of every entry of errors[], sorted
  std::string error() const { return text("/error"); }
};

// For failure messages of gtest: status and body.
std::ostream& operator<<(std::ostream& out, const Reply& reply);

// One connection at a time, kept alive; for one thread.
class Http {
 public:
  Http();
  ~Http();
  Http(Http&&) noexcept;
  Http& operator=(Http&&) noexcept;

  // `body` is sent as it is, as application/json unless a header line says otherwise.
  Reply send(const std::string& verb, const std::string& url, const std::string& body = {},
             const HeaderLines& headers = {}, bool has_body = true);
  void set_timeout_ms(long timeout_ms) { timeout_ms_ = timeout_ms; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  long timeout_ms_ = 30'000;
};

HeaderLines bearer(const std::string& token);
std::string escaped(std::string_view text);    // for one segment or value of a URL
std::string json_text(std::string_view text);  // quoted and escaped

}  // namespace portico::test
