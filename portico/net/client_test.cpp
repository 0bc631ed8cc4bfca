#include "portico/net/client.h"

#include "portico/net/client_test_support.h"

namespace portico::net {
namespace {

TEST(Origin, ParsesPlainOriginsOnly) {
  EXPECT_EQ(parse_origin("http://a.example"), (Origin{"a.example", 80}));
  EXPECT_EQ(parse_origin("HTTP://127.0.0.1:8080"), (Origin{"127.0.0.1", 8080}));
  EXPECT_EQ(parse_origin("http://[::1]:81"), (Origin{"::1", 81}));
  EXPECT_EQ(parse_origin("http://order_service:3000"), (Origin{"order_service", 3000}));
  for (const char* bad :
       {"", "a", "a:80", "https://a", "http://", "http://a/", "http://a/x", "http://u@a", "http://a:0",
        "http://a:65536", "http://a:x", "http://a?b", "http://[::1", "http:// a", "http://a#b"}) {
    EXPECT_FALSE(parse_origin(bad)) << bad;
  }
}

TEST_F(ClientTest, SendsWhatItIsGivenAndFramesIt) {
  start();
  std::string seen;
  ScriptedPeer peer([&](RawSocket& listener) {
    RawSocket socket = listener.accept();
    seen = read_request(socket) + socket.read_until("hello");
    socket.send("HTTP/1.1 201 Created\r\nX: y\r\nContent-Length: 2\r\n\r\nok");
    socket.read_to_close();
  });
  Request request;
  request.verb = Verb::POST;
  request.target = "/a?b=c";
  request.headers.add("x-one", "1");
  request.headers.add("Content-Length", "99");
  request.headers.add("transfer-encoding", "chunked");
  request.headers.add("Connection", "close");
  request.headers.add("expect", "100-continue");
  request.headers.add("x-split", "a\r\nx-evil: b");
  request.body = "hello";
  Result result = send(origin_of(peer), std::move(request));
  ASSERT_TRUE(result) << result.error().note;
  EXPECT_EQ(result->status, 201);
  EXPECT_EQ(result->headers.get("x"), "y");
  EXPECT_EQ(result->body, "ok");
  client.reset();
  EXPECT_EQ(
      seen,
      fmt::format("POST /a?b=c HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nx-one: 1\r\ncontent-length: 5\r\n\r\nhello",
                  peer.port()));
}

TEST_F(ClientTest, ConnectionsAreUsedAgain) {
  start();
  int accepted = 0;
  ScriptedPeer peer([&](RawSocket& listener) {
    RawSocket socket = listener.accept();
    ++accepted;
    for (int i = 0; i < 10; ++i) {
      read_request(socket);
      socket.send(i % 2 ? ok : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
    }
    EXPECT_EQ(socket.read_to_close(), "");
    EXPECT_FALSE(listener.readable(0));
  });
  for (int i = 0; i < 10; ++i) {
    Result result = send(origin_of(peer));
    ASSERT_TRUE(result) << result.error().note;
    EXPECT_EQ(result->body, "ok");
  }
  client.reset();
  EXPECT_EQ(accepted, 1);
}

// After each of these the connection must not be used again, although the response itself is good or refused.
TEST_F(ClientTest, DirtyConnectionsAreNotUsedAgain) {
  start();
  struct {
    std::string response;
    bool good;
  } cases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokX", true},
      {ok + ok, true},
      {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", true},
      {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", true},
      {"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok", true},
      {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nok", false},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", false},
      {"nonsense\r\n\r\n", false},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n", false},
  };
  for (const auto& c : cases) {
    ScriptedPeer peer([&](RawSocket& listener) {
      for (int i = 0; i < 2; ++i) {
        RawSocket socket = listener.accept();
        read_request(socket);
        socket.send(c.response);
        socket.read_to_close();
      }
    });
    for (int i = 0; i < 2; ++i) {
      Result result = send(origin_of(peer));
      EXPECT_EQ(result.has_value(), c.good) << c.response;
      if (!result) {
        EXPECT_EQ(result.error().kind, Failure::Kind::bad_response) << c.response;
        EXPECT_FALSE(result.error().never_sent);
      }
    }
  }
}

// K05
TEST_F(ClientTest, UnaskedBytesOnAnIdleConnectionAreNoAnswer) {
  start();
  std::promise<void> surprised;
  ScriptedPeer peer([&](RawSocket& listener) {
    RawSocket first = listener.accept();
    read_request(first);
    first.send(ok);
    first.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    surprised.set_value();
    RawSocket second = listener.accept();
    read_request(second);
    second.send(ok);
    second.read_to_close();
  });
  ASSERT_TRUE(send(origin_of(peer)));
  surprised.get_future().wait();
  Result result = send(origin_of(peer));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->body, "ok");
  client.reset();
}

TEST_F(ClientTest, APeerThatHasClosedAnIdleConnectionIsNoticed) {
  start();
  std::promise<void> closed;
  ScriptedPeer peer([&](RawSocket& listener) {
    RawSocket first = listener.accept();
    read_request(first);
    first.send(ok);
    first.close();
    closed.set_value();
    RawSocket second = listener.accept();
    EXPECT_TRUE(read_request(second).starts_with("POST"));
    second.send(ok);
    second.read_to_close();
  });
  ASSERT_TRUE(send(origin_of(peer)));
  closed.get_future().wait();
  EXPECT_TRUE(post(origin_of(peer), "x"));  // even a POST: nothing was sent on the dead one
  client.reset();
}

// K11: the peer closes when the request arrives on a connection that was idle.
TEST_F(ClientTest, IdempotentRequestsSurviveAStaleConnection) {
  start();
  ScriptedPeer peer([&](RawSocket& listener) {
    for (int round = 0; round < 2; ++round) {
      RawSocket first = listener.accept();
      read_request(first);
      first.send(ok);
      read_request(first);
      first.close();
      if (round == 1) break;  // the POST is not repeated
      RawSocket second = listener.accept();
      EXPECT_TRUE(read_request(second).starts_with("GET /again"));
      second.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
      second.read_to_close();
    }
    EXPECT_FALSE(listener.readable(0));
  });
  ASSERT_TRUE(send(origin_of(peer)));
  Request again;
  again.target = "/again";
  EXPECT_TRUE(send(origin_of(peer), std::move(again)));
  ASSERT_TRUE(send(origin_of(peer)));
  Result result = post(origin_of(peer), "");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Failure::Kind::reset);
  EXPECT_FALSE(result.error().never_sent);
}

TEST_F(ClientTest, AFreshConnectionIsNotReplaced) {
  start();
  ScriptedPeer peer([&](RawSocket& listener) {
    RawSocket first = listener.accept();
    read_request(first);
    first.close();
    EXPECT_FALSE(listener.readable(20));
  });
  Result result = send(origin_of(peer));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Failure::Kind::reset);
  EXPECT_FALSE(result.error().never_sent);
}

TEST_F(ClientTest, RefusedConnectionsWereNeverSent) {
  start();
  uint16_t port = RawSocket::listen().port();  // closed again at once
  Result result = send({"127.0.0.1", port});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Failure::Kind::refused);
  EXPECT_TRUE(result.error().never_sent);
  EXPECT_NE(result.error().note.find(std::to_string(port)), std::string::npos);
}

TEST_F(ClientTest, NamesAreResolved) {
  start();
  ScriptedPeer peer([&](RawSocket& listener) {
    RawSocket socket = listener.accept();
    EXPECT_NE(read_request(socket).find("host: localhost:"), std::string::npos);
    socket.send(ok);
    socket.read_to_close();
  });
  EXPECT_TRUE(send({"localhost", peer.port()}));
  Result unknown = send({std::string(300, 'x'), 80});
  ASSERT_FALSE(unknown);
  EXPECT_TRUE(unknown.error().never_sent);
  client.reset();
}

}  // namespace
}  // namespace portico::net
