#include "portico/net/server.h"

#include "portico/net/server_test_support.h"

namespace portico::net {
namespace {

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  start();
  RawSocket socket = connect();
  for (int i = 0; i < 5; ++i) {
    socket.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    std::string response = socket.read_response();
    EXPECT_EQ(status_of(response), 200) << response;
    EXPECT_NE(response.find("x-verb: POST\r\n"), std::string::npos);
    EXPECT_NE(response.find("x-peer: 127.0.0.1\r\n"), std::string::npos);
    EXPECT_NE(response.find("content-length: 5\r\n"), std::string::npos);
    EXPECT_NE(response.find("\r\ndate: "), std::string::npos);
    EXPECT_TRUE(response.ends_with("\r\n\r\nhello"));
    EXPECT_EQ(response.find("connection:"), std::string::npos);
  }
  auto stats = server->stats();
  EXPECT_EQ(stats.connections, 1u);
  EXPECT_EQ(stats.connections_open, 1u);
  EXPECT_EQ(stats.requests, 5u);
  socket.close();
  wait_for_open(0);
}

TEST_F(ServerTest, ConnectionCloseAndOldClients) {
  start();
  EXPECT_NE(talk(get("/x", "Connection: close\r\n")).find("connection: close\r\n"), std::string::npos);
  std::string old = talk("GET /x HTTP/1.0\r\n\r\n");
  EXPECT_EQ(status_of(old), 200);
  EXPECT_NE(old.find("connection: close\r\n"), std::string::npos);
  RawSocket socket = connect();
  socket.send("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(socket.read_response().find("connection: keep-alive\r\n"), std::string::npos);
  socket.send("GET /y HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(socket.read_to_close().ends_with("/y"));
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  start({.pipelined_max = 7});
  RawSocket socket = connect();
  std::string all;
  for (int i = 0; i < 100; ++i) all += get(fmt::format("/{}", i));
  socket.send(all);
  for (int i = 0; i < 100; ++i) {
    std::string response = socket.read_response();
    ASSERT_TRUE(response.ends_with(fmt::format("\r\n\r\n/{}", i))) << i << ": " << response;
  }
  EXPECT_EQ(server->stats().requests, 100u);
}

TEST_F(ServerTest, AnswersArePiledUpIntoOneWrite) {
  start();
  RawSocket socket = connect();
  socket.send(get("/1") + get("/2") + get("/3") + "GET /4 HT");
  ASSERT_TRUE(socket.readable());
  std::string text;
  while (text.find("\r\n\r\n/3") == std::string::npos) {
    char bytes[4096];
    ssize_t count = ::recv(socket.fd(), bytes, sizeof bytes, 0);
    ASSERT_GT(count, 0);
    text.append(bytes, static_cast<size_t>(count));
  }
  socket.send("TP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(socket.read_response().ends_with("/4"));
}

TEST_F(ServerTest, ChunkedBodiesAreDecoded) {
  start();
  RawSocket socket = connect();
  socket.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
  socket.send("lo\r\n6\r\n world\r\n0\r\nX-Trailer: y\r\n\r\n" + get("/next"));
  EXPECT_TRUE(socket.read_response().ends_with("\r\n\r\nhello world"));
  EXPECT_TRUE(socket.read_response().ends_with("/next"));
}

TEST_F(ServerTest, ContinueIsSentToThoseWhoWait) {
  start();
  RawSocket socket = connect();
  std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  socket.send(head);
  EXPECT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  socket.send("ab");
  EXPECT_TRUE(socket.read_response().ends_with("ab"));
  socket.send(head + "cd");  // does not wait
  std::string response = socket.read_response();
  EXPECT_EQ(status_of(response), 200);
  EXPECT_TRUE(response.ends_with("cd"));
  std::string refused =
      talk("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n");
  EXPECT_EQ(status_of(refused), 413);
}

TEST_F(ServerTest, ResponsesWithoutBody) {
  start();
  RawSocket socket = connect();
  socket.send("HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\n" + get("/status?204") + get("/status?304") + get("/x"));
  std::string head = socket.read_until("\r\n\r\n");
  EXPECT_NE(head.find("content-length: 4\r\n"), std::string::npos);
  std::string none = socket.read_until("\r\n\r\n"), unchanged = socket.read_until("\r\n\r\n");
  EXPECT_EQ(status_of(none), 204);
  EXPECT_EQ(none.find("content-length"), std::string::npos);
  EXPECT_EQ(status_of(unchanged), 304);
  EXPECT_EQ(unchanged.find("content-length"), std::string::npos);
  EXPECT_TRUE(socket.read_response().ends_with("/x"));
}

TEST_F(ServerTest, TheServerAloneFramesResponses) {
  start();
  RawSocket socket = connect();
  socket.send(get("/evil"));
  std::string response = socket.read_response();
  EXPECT_TRUE(response.ends_with("\r\n\r\nbody")) << response;
  EXPECT_NE(response.find("content-length: 4\r\n"), std::string::npos);
  EXPECT_NE(response.find("x-good: y\r\n"), std::string::npos);
  for (const char* absent : {"99", "chunked", "upgrade", "set-cookie", "bad name", "x-split"}) {
    EXPECT_EQ(response.find(absent), std::string::npos) << absent;
  }
}

TEST_F(ServerTest, HandlersThatThrowOrTalkNonsenseAreAnswered500) {
  start();
  RawSocket socket = connect();
  socket.send(get("/throw"));
  std::string response = socket.read_response();
  EXPECT_EQ(status_of(response), 500);
  EXPECT_TRUE(response.ends_with("http.internal"));
  for (const char* status : {"0", "101", "199", "600"}) {
    socket.send(get(std::string("/status?") + status));
    EXPECT_EQ(status_of(socket.read_response()), 500) << status;
  }
  socket.send(get("/x"));
  EXPECT_EQ(status_of(socket.read_response()), 200);
}

TEST_F(ServerTest, RefusalsCloseTheConnection) {
  ServerLimits limits;
  limits.body_bytes_max = 1000;
  start(limits);
  struct {
    std::string request;
    int status;
    std::string reason;
  } cases[] = {
      {"GET  / HTTP/1.1\r\n\r\n", 400, "http.bad_target"},
      {"nonsense\r\n\r\n", 400, "http.bad_request_line"},
      {"GET / HTTP/1.1\r\n\r\n", 400, "http.bad_host"},
      {get("/", "X : y\r\n"), 400, "http.bad_header"},
      {get("/", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400, "http.bad_framing"},
      {get("/", "Transfer-Encoding: chunked\r\n") + "zz\r\n", 400, "http.bad_chunk"},
      {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "http.method_not_allowed"},
      {get("/", "Content-Length: 1001\r\n"), 413, "http.body_too_large"},
      {get("/", "Transfer-Encoding: chunked\r\n") + "3e9\r\n", 413, "http.body_too_large"},
      {get("/" + std::string(9000, 'a')), 414, "http.target_too_long"},
      {get("/", "Expect: miracles\r\n"), 417, "http.expectation_failed"},
      {get("/", "X: " + std::string(33'000, 'a') + "\r\n"), 431, "http.headers_too_large"},
      {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "http.method_unknown"},
      {get("/", "Transfer-Encoding: gzip\r\n"), 501, "http.transfer_coding_unknown"},
      {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505, "http.version_unsupported"},
  };
  uint64_t refused = 0;
  for (const auto& c : cases) {
    // What follows is never looked at.
    RawSocket socket = connect();
    socket.send(c.request + get("/smuggled"));
    socket.finish();
    std::string response = socket.read_to_close();
    EXPECT_EQ(status_of(response), c.status) << c.reason << ": " << response;
    EXPECT_TRUE(response.ends_with("\r\n\r\n" + c.reason)) << response;
    EXPECT_NE(response.find("connection: close\r\n"), std::string::npos) << c.reason;
    EXPECT_EQ(server->stats().refused, ++refused);
    if (c.status == 405) EXPECT_NE(response.find("allow: GET"), std::string::npos);
  }
  EXPECT_EQ(server->stats().requests, 0u);
}

TEST_F(ServerTest, ARefusalReachesAClientThatIsStillSending) {
  ServerLimits limits;
  limits.body_bytes_max = 1000;
  start(limits);
  RawSocket socket = connect();
  size_t size = 4 * 1024 * 1024;
  socket.send(get("/", fmt::format("Content-Length: {}\r\n", size)));
  socket.send(std::string(size, 'x'));
  socket.finish();
  EXPECT_EQ(status_of(socket.read_to_close()), 413);
}

TEST_F(ServerTest, BigAnswersArriveWhole) {
  start();
  RawSocket socket = connect();
  for (size_t size : {1u, 16'384u, 16'385u, 1'000'000u, 20'000'000u}) {
    socket.send(get("/x") + get(fmt::format("/big?{}", size)) + get("/y"));
    EXPECT_TRUE(socket.read_response().ends_with("/x"));
    std::string response = socket.read_response();
    EXPECT_EQ(response.size() - response.find("\r\n\r\n") - 4, size);
    EXPECT_TRUE(socket.read_response().ends_with("/y"));
  }
}

}  // namespace
}  // namespace portico::net
