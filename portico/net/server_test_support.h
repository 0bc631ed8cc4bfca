// For the tests of the server only: a service that answers what the target asks for, and a server around it.
#pragma once

#include "portico/base/error.h"
#include "portico/net/test_support.h"

namespace portico::net {

using std::chrono::milliseconds;
using std::chrono::seconds;
inline Response render(int status, std::string_view reason, std::string_view) {
  Response response;
  response.status = status;
  response.body = reason;
  return response;
}
// Answers what the target asks for.
struct Service {
  Gate entered, release;

  static Task<Response> handle(Service* service, Request request) {
    Response response;
    if (request.path() == "/echo") {
      response.headers.add("x-verb", name_of(request.verb));
      response.headers.add("x-peer", request.peer);
      response.body = request.body;
    } else if (request.path() == "/big") {
      response.body = std::string(std::stoul(std::string(request.query())), 'b');
    } else if (request.path() == "/status") {
      response.status = std::stoi(std::string(request.query()));
      response.body = "body";
    } else if (request.path() == "/evil") {
      response.headers.add("content-length", "99");
      response.headers.add("Transfer-Encoding", "chunked");
      response.headers.add("connection", "upgrade");
      response.headers.add("x-split", "a\r\nset-cookie: b=c");
      response.headers.add("bad name", "x");
      response.headers.add("x-good", "y");
      response.body = "body";
    } else if (request.path() == "/wait") {
      service->entered.open();
      co_await service->release.wait();
      response.body = "waited";
    } else if (request.path() == "/throw") {
      throw Error(conflict, "no.luck");
    } else {
      response.body = request.target;
    }
    co_return response;
  }
};
class ServerTest : public testing::Test {
 protected:
  void start(ServerLimits limits = {}) {
    server = std::make_unique<Server>(
        runtime.get(), limits,
        [this](Request request) { return Service::handle(&service, std::move(request)); }, render);
    port = server->listen("127.0.0.1", 0);
  }
  RawSocket connect() { return RawSocket::connect(port); }
  // Sends, and reads until the server closes.
  std::string talk(const std::string& text) {
    RawSocket socket = connect();
    socket.send(text);
    return socket.read_to_close();
  }
  void wait_for_open(uint64_t count) {
    for (int i = 0; i < 10'000 && server->stats().connections_open != count; ++i)
      runtime.run(pause(runtime.get()));
    EXPECT_EQ(server->stats().connections_open, count);
  }
  void wait_for_bytes_in(uint64_t count) {
    for (int i = 0; i < 10'000 && server->stats().bytes_in < count; ++i) runtime.run(pause(runtime.get()));
    EXPECT_GE(server->stats().bytes_in, count);
  }
  static Task<void> pause(Runtime& runtime) { co_await runtime.sleep(milliseconds(1)); }
  void TearDown() override {
    runtime.stop();
    server.reset();
  }

  Service service;
  RunningRuntime runtime;
  std::unique_ptr<Server> server;
  uint16_t port = 0;
};
inline std::string get(const std::string& target, const std::string& fields = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}
}  // namespace portico::net
