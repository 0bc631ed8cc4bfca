// Speaks to a running system from outside its processes, with internal rights: for commands such as seed,
// call, mail.
#pragma once

#include <memory>

#include "portico/host/system.h"
#include "portico/net/client.h"

namespace portico {

class Operator : public Neighbours {
 public:
  // Reads the keys of the system's data folder; the configuration says where its services listen.
  // `sender`, where given, stands in the place of HTTP over sockets.
  Operator(Runtime& runtime, Observer& observer, const SystemSpec& system, const Config& config,
           net::Sender* sender = nullptr);
  ~Operator() override;

  Channel& channel(std::string_view neighbour) override;
  // A call in the operator's name.
  Call call(Duration limit) const;
  // One exchange with a service's own port, or the gateway's ("gateway"); signed like a call of a service
  // when `internal`. Throws Error(unavailable, "system.down") naming the address when nothing answers.
  Task<net::Response> exchange(std::string_view target, net::Request request, bool internal);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portico
