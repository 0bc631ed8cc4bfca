// Inside net/ only: one client of the server.
#pragma once

#include <boost/intrusive/list_hook.hpp>

#include "portico/net/shard.h"

namespace portico::net {

class Connection : public boost::intrusive::list_base_hook<> {
 public:
  // `admitted`: false for a connection over the limit, which is only told so.
  Connection(std::shared_ptr<Shard> shard, Socket socket, std::string peer, bool admitted);
  ~Connection();

  // The whole life of the connection; the coroutine owns it.
  static Task<void> run(std::shared_ptr<Connection> connection);
  bool admitted() const { return admitted_; }
  void close_if_idle();
  void cut() { stream_->close(); }

 private:
  Task<bool> serve_next();
  Task<bool> answer();
  Task<bool> read();
  Task<void> refuse(int status, std::string_view reason, std::string_view message);
  Task<bool> send(Response response, bool to_head, bool keep_alive, int minor_version);
  Task<bool> send_continue();
  Task<bool> flush(std::string_view body = {});
  bool flush_now();
  Instant reading_deadline(bool fresh);

  const std::shared_ptr<Shard> shard_;
  ServerCore& core_;
  const std::shared_ptr<Stream> stream_;
  const std::string peer_;
  const bool admitted_;
  RequestParser parser_;
  std::string out_;         // answers held back for one write
  size_t held_ = 0;         // how many
  bool idle_ = false;       // waiting for the first byte of a request
  bool continued_ = false;  // "100 Continue" has been sent for the request at hand
  bool first_ = true;       // no request yet
  Instant head_started_{INT64_MAX};
  Instant body_deadline_{INT64_MAX};
  size_t body_progress_ = 0;
};

}  // namespace portico::net
