// For the tests of the client only.
#pragma once

#include "portico/net/client.h"
#include "portico/net/test_support.h"

namespace portico::net {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Result = std::expected<Response, Failure>;
inline Origin origin_of(const ScriptedPeer& peer) { return {"127.0.0.1", peer.port()}; }
inline std::string read_request(RawSocket& socket) { return socket.read_until("\r\n\r\n"); }
inline const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
class ClientTest : public testing::Test {
 protected:
  void start(ClientLimits limits = {}) { client = std::make_unique<Client>(runtime.get(), limits); }
  Result send(const Origin& origin, Request request = {}, Duration patience = seconds(10)) {
    return runtime.run(client->send(origin, std::move(request), runtime.get().steady() + patience));
  }
  Result post(const Origin& origin, std::string body) {
    Request request;
    request.verb = Verb::POST;
    request.body = std::move(body);
    return send(origin, std::move(request));
  }
  void TearDown() override {
    runtime.stop();
    client.reset();
  }

  RunningRuntime runtime{1};
  std::unique_ptr<Client> client;
};
}  // namespace portico::net
