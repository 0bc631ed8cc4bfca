// How a system's results and errors look on the wire. Handlers never see it; each system has one.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "portico/net/message.h"
#include "portico/schema/openapi.h"
#include "portico/service/endpoint.h"

namespace portico {

class Presenter : public schema::Envelope {
 public:
  // The answer to a call that worked; `response` may be null.
  virtual net::Response present(const EndpointInfo& endpoint, const void* response) const = 0;
  // The answer to one that failed. Nothing internal is shown.
  virtual net::Response present(const Error& error, std::string_view correlation_id) const = 0;
  // Where in a successful body the result stands, as member names from the root.
  virtual std::vector<std::string_view> result_path(const EndpointInfo& endpoint) const = 0;
  // The error that a body of this shape stands for, with the reason and details it carries.
  virtual Error read_error(int status, std::string_view body) const = 0;
};

// {success:true,message,data:{<name>:result}} and {success:false,error,…}: shop. Error bodies are also valid
// application/problem+json (RFC 9457): type, title, status, detail, code, errors[] with pointers.
std::unique_ptr<Presenter> make_envelope_presenter();

}  // namespace portico
