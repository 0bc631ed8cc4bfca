#include "portico/net/server_test_support.h"

namespace portico::net {
namespace {

TEST_F(ServerTest, SlowRequestsAreTimedOut) {
  ServerLimits limits;
  limits.headers_timeout = milliseconds(30);
  limits.body_timeout = milliseconds(30);
  limits.idle_timeout = milliseconds(60);
  start(limits);
  EXPECT_EQ(talk(""), "");  // never a byte: closed without an answer
  EXPECT_EQ(status_of(talk("GET / HT")), 408);
  EXPECT_EQ(status_of(talk("GET / HTTP/1.1\r\nHost: a\r\n")), 408);
  EXPECT_EQ(status_of(talk(get("/", "Content-Length: 5\r\n") + "abc")), 408);
  EXPECT_EQ(status_of(talk(get("/", "Transfer-Encoding: chunked\r\n") + "5\r\nabc")), 408);
  std::string once = talk(get("/x"));  // then idle
  EXPECT_TRUE(once.ends_with("/x")) << once;
}

// G01, G02: what trickles in does not extend the time.
TEST_F(ServerTest, TricklingDoesNotHelp) {
  ServerLimits limits;
  limits.headers_timeout = limits.body_timeout = milliseconds(100);
  start(limits);
  for (std::string head : {std::string("GET / HTTP/1.1\r\nX: "), get("/", "Content-Length: 100000\r\n")}) {
    RawSocket socket = connect();
    socket.send(head);
    int sent = 0;
    while (!socket.readable(5) && sent < 1000) {
      socket.send("a");
      ++sent;
    }
    EXPECT_LT(sent, 1000);
    EXPECT_EQ(status_of(socket.read_to_close()), 408);
  }
}

// G03: an upload that makes progress may take longer than any single time-out.
TEST_F(ServerTest, SteadyUploadsAreServed) {
  ServerLimits limits;
  limits.body_timeout = milliseconds(100);
  start(limits);
  RawSocket socket = connect();
  socket.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 80000\r\n\r\n");
  auto& clock = runtime.get();
  auto started = clock.steady();
  for (int i = 0; i < 40; ++i) {
    ASSERT_FALSE(socket.readable(8)) << socket.read_to_close();
    socket.send(std::string(2000, 'x'));
  }
  EXPECT_GT(clock.steady() - started, milliseconds(200));
  EXPECT_TRUE(socket.read_response().ends_with("\r\n\r\n" + std::string(80'000, 'x')));
}

// G04
TEST_F(ServerTest, AClientThatDoesNotReadIsCut) {
  ServerLimits limits;
  limits.write_timeout = milliseconds(50);
  start(limits);
  RawSocket socket = connect();
  socket.send(get("/big?30000000"));
  wait_for_open(1);
  wait_for_open(0);
}

TEST_F(ServerTest, ConnectionsAreLimited) {
  ServerLimits limits;
  limits.connections_max = 2;
  start(limits);
  RawSocket first = connect(), second = connect();
  wait_for_open(2);
  std::string refused = talk(get("/x"));
  EXPECT_EQ(status_of(refused), 503);
  EXPECT_TRUE(refused.ends_with("http.too_many_connections"));
  EXPECT_EQ(server->stats().connections_open, 2u);
  first.close();
  wait_for_open(1);
  RawSocket third = connect();
  third.send(get("/x"));
  EXPECT_EQ(status_of(third.read_response()), 200);
}

TEST_F(ServerTest, DrainAnswersWhatIsInFlightAndClosesTheRest) {
  start();
  RawSocket idle = connect(), busy = connect(), half = connect();
  idle.send(get("/x"));
  idle.read_response();
  busy.send(get("/wait"));
  const std::string line = "GET /half HTTP/1.1\r\n";
  half.send(line);
  runtime.run(service.entered.wait());
  wait_for_bytes_in(get("/x").size() + get("/wait").size() + line.size());
  auto drained = runtime.start(server->drain(runtime.get().steady() + seconds(20)));
  EXPECT_EQ(idle.read_to_close(), "");
  half.send("Host: a\r\n\r\n");
  std::string late = half.read_to_close();
  EXPECT_NE(late.find("connection: close\r\n"), std::string::npos) << late;
  EXPECT_TRUE(late.ends_with("/half"));
  service.release.open();
  std::string response = busy.read_to_close();
  EXPECT_NE(response.find("connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(response.ends_with("waited"));
  drained.get();
  EXPECT_EQ(server->stats().connections_open, 0u);
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  RawSocket refused(fd);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_NE(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
}

TEST_F(ServerTest, DrainCutsWhatIsLeftAtTheDeadline) {
  start();
  RawSocket busy = connect();
  busy.send(get("/wait"));
  runtime.run(service.entered.wait());
  runtime.run(server->drain(runtime.get().steady() + milliseconds(20)));
  EXPECT_EQ(busy.read_to_close(), "");
  service.release.open();
  wait_for_open(0);
}

TEST_F(ServerTest, BusyPortsAndBadAddressesAreNamed) {
  start();
  Server other(
      runtime.get(), {}, [](Request request) { return Service::handle(nullptr, std::move(request)); },
      render);
  auto reason_of = [&](const std::string& address, uint16_t number) -> std::string {
    try {
      other.listen(address, number);
      return "";
    } catch (const Error& e) {
      return fmt::format("{} {}", e.reason(), e.message());
    }
  };
  std::string busy = reason_of("127.0.0.1", port);
  EXPECT_TRUE(busy.starts_with("port.busy")) << busy;
  EXPECT_NE(busy.find(std::to_string(port)), std::string::npos) << busy;
  EXPECT_TRUE(reason_of("nowhere", 0).starts_with("address.invalid"));
  EXPECT_TRUE(reason_of("203.0.113.1", 0).starts_with("address.invalid"));
  EXPECT_EQ(reason_of("127.0.0.1", 0), "");
}

TEST_F(ServerTest, AllReactorsAccept) {
  start();
  std::vector<RawSocket> sockets;
  for (int i = 0; i < 64; ++i) {
    sockets.push_back(connect());
    sockets.back().send(get("/x"));
    EXPECT_EQ(status_of(sockets.back().read_response()), 200);
  }
  EXPECT_EQ(server->stats().connections, 64u);
}

TEST_F(ServerTest, TheRuntimeMayStopWithRequestsInFlight) {
  start();
  std::vector<RawSocket> sockets;
  for (int i = 0; i < 10; ++i) {
    sockets.push_back(connect());
    sockets.back().send(get(i % 2 ? "/wait" : "/x"));
  }
  runtime.run(service.entered.wait());
  wait_for_open(10);
  runtime.stop();
  EXPECT_EQ(server->stats().connections_open, 0u);
}

}  // namespace
}  // namespace portico::net
