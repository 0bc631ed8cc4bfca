// Inside net/ only: heads of messages as bytes. The writer alone decides the framing; fields that could break
// out of their line are left out.
#pragma once

#include <string>
#include <string_view>

#include "portico/base/time.h"
#include "portico/net/message.h"

namespace portico::net {

struct ResponseFraming {
  bool to_head = false;  // the request was HEAD
  bool keep_alive = true;
  int minor_version = 1;  // of the request
  std::string_view date;  // IMF-fixdate
};

// Whether a body follows the head of this response.
bool has_body(const Response& response, bool to_head);
// Appends the head, with Content-Length. The status must be a final one.
void append_head(std::string& out, const Response& response, const ResponseFraming& framing);

// Appends the head of a request to `authority`, with Content-Length where there is a body or the method
// expects one.
void append_head(std::string& out, const Request& request, std::string_view authority);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7)
std::string http_date(Time time);

}  // namespace portico::net
