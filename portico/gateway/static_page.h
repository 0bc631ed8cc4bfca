// Pages that a port answers by itself.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "portico/net/message.h"
#include "portico/runtime/runtime.h"

namespace portico {

// Something that the gateway or a service port answers by itself: /livez, /metrics, documents. It never
// reaches a service.
struct StaticPage {
  std::string path;
  std::function<Task<net::Response>(net::Request request)> answer;
};

// The page for a request: exact path, GET and HEAD. Null when there is none.
const StaticPage* find_page(const std::vector<StaticPage>& pages, const net::Request& request);

}  // namespace portico
