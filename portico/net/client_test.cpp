#include "portico/net/client.h"

#include <functional>

#include "portico/net/test_support.h"

namespace portico::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Result = std::expected<Response, Failure>;

// A peer that does exactly what a test scripts, on a thread of its own.
class ScriptedPeer {
 public:
  explicit ScriptedPeer(std::function<void(RawSocket& listener)> script)
      : listener_(RawSocket::listen()),
        port_(listener_.port()),
        thread_([this, script] { script(listener_); }) {}
  ~ScriptedPeer() { thread_.join(); }
  Origin origin() const { return {"127.0.0.1", port_}; }

 private:
  RawSocket listener_;
  const uint16_t port_;
  std::thread thread_;
};

std::string read_request(RawSocket& socket) { return socket.read_until("\r\n\r\n"); }

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

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
  Result result = send(peer.origin(), std::move(request));
  ASSERT_TRUE(result) << result.error().note;
  EXPECT_EQ(result->status, 201);
  EXPECT_EQ(result->headers.get("x"), "y");
  EXPECT_EQ(result->body, "ok");
  client.reset();
  EXPECT_EQ(
      seen,
      fmt::format("POST /a?b=c HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nx-one: 1\r\ncontent-length: 5\r\n\r\nhello",
                  peer.origin().port));
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
    Result result = send(peer.origin());
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
      Result result = send(peer.origin());
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
  ASSERT_TRUE(send(peer.origin()));
  surprised.get_future().wait();
  Result result = send(peer.origin());
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
  ASSERT_TRUE(send(peer.origin()));
  closed.get_future().wait();
  EXPECT_TRUE(post(peer.origin(), "x"));  // even a POST: nothing was sent on the dead one
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
  ASSERT_TRUE(send(peer.origin()));
  Request again;
  again.target = "/again";
  EXPECT_TRUE(send(peer.origin(), std::move(again)));
  ASSERT_TRUE(send(peer.origin()));
  Result result = post(peer.origin(), "");
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
  Result result = send(peer.origin());
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
  EXPECT_TRUE(send({"localhost", peer.origin().port}));
  Result unknown = send({std::string(300, 'x'), 80});
  ASSERT_FALSE(unknown);
  EXPECT_TRUE(unknown.error().never_sent);
  client.reset();
}

TEST_F(ClientTest, DeadlineCoversTheWholeExchange) {
  start();
  ScriptedPeer peer([&](RawSocket& listener) {
    RawSocket silent = listener.accept();
    read_request(silent);
    silent.read_to_close();
    RawSocket slow = listener.accept();
    read_request(slow);
    slow.send("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n");
    while (!slow.readable(2)) slow.send("x");  // until the client gives up
  });
  for (int i = 0; i < 2; ++i) {
    auto before = runtime.get().steady();
    Result result = send(peer.origin(), {}, milliseconds(50));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, Failure::Kind::timeout);
    EXPECT_FALSE(result.error().never_sent);
    EXPECT_LT(runtime.get().steady() - before, seconds(5));
  }
  Result late = send(peer.origin(), {}, milliseconds(0));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, Failure::Kind::timeout);
  EXPECT_TRUE(late.error().never_sent);
}

TEST_F(ClientTest, LimitsAndOtherFailures) {
  ClientLimits limits;
  limits.body_bytes_max = 10;
  limits.header_bytes_max = 100;
  start(limits);
  struct {
    std::string response;
    Failure::Kind kind;
  } cases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", Failure::Kind::too_large},
      {"HTTP/1.1 200 OK\r\n\r\n12345678901", Failure::Kind::too_large},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(100, 'x') + "\r\n\r\n", Failure::Kind::too_large},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", Failure::Kind::bad_response},
      {"HTTP/1.1 200", Failure::Kind::bad_response},
  };
  for (const auto& c : cases) {
    ScriptedPeer peer([&](RawSocket& listener) {
      RawSocket socket = listener.accept();
      read_request(socket);
      socket.send(c.response);
      socket.finish();
      socket.read_to_close();
    });
    Result result = send(peer.origin());
    ASSERT_FALSE(result) << c.response;
    EXPECT_EQ(result.error().kind, c.kind) << c.response;
  }
  Request bad;
  bad.target = "/a b\r\nX: y";
  EXPECT_TRUE(send({"127.0.0.1", 1}, bad).error().never_sent);
}

TEST_F(ClientTest, HeadAndCloseDelimitedBodies) {
  start();
  ScriptedPeer peer([&](RawSocket& listener) {
    RawSocket socket = listener.accept();
    EXPECT_TRUE(read_request(socket).starts_with("HEAD"));
    socket.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
    read_request(socket);
    socket.send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
    socket.close();
  });
  Request head;
  head.verb = Verb::HEAD;
  Result first = send(peer.origin(), std::move(head));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->headers.get("content-length"), "500");
  EXPECT_EQ(first->body, "");
  EXPECT_EQ(send(peer.origin())->body, "until the end");
}

// A67
TEST_F(ClientTest, AnEarlyAnswerIsTakenAndTheConnectionDropped) {
  start();
  std::promise<void> answered;
  ScriptedPeer peer([&](RawSocket& listener) {
    RawSocket socket = listener.accept();
    read_request(socket);
    socket.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    socket.finish();
    socket.read_to_close();
  });
  Result result = post(peer.origin(), std::string(8 * 1024 * 1024, 'x'));
  ASSERT_TRUE(result) << result.error().note;
  EXPECT_EQ(result->status, 413);
}

TEST_F(ClientTest, IdleConnectionsAreEvicted) {
  ClientLimits limits;
  limits.idle_timeout = milliseconds(20);
  start(limits);
  ScriptedPeer peer([&](RawSocket& listener) {
    RawSocket socket = listener.accept();
    read_request(socket);
    socket.send(ok);
    EXPECT_EQ(socket.read_to_close(), "");
  });
  EXPECT_TRUE(send(peer.origin()));
}

Task<int> send_many(Client& client, Origin origin, Runtime& runtime, int count) {
  std::vector<Task<Result>> tasks;
  for (int i = 0; i < count; ++i) tasks.push_back(client.send(origin, {}, runtime.steady() + seconds(10)));
  int good = 0;
  for (auto& result : co_await all(std::move(tasks))) good += result.has_value();
  co_return good;
}

TEST_F(ClientTest, ConnectionsAreLimitedAndTurnsAreTaken) {
  ClientLimits limits;
  limits.connections_max = 3;
  limits.idle_max = 2;
  start(limits);
  Server server(
      runtime.get(), {}, [](Request) -> Task<Response> { co_return Response{.body = "ok"}; },
      [](int status, std::string_view, std::string_view) { return Response{.status = status}; });
  Origin origin{"127.0.0.1", server.listen("127.0.0.1", 0)};
  EXPECT_EQ(runtime.run(send_many(*client, origin, runtime.get(), 50)), 50);
  EXPECT_EQ(server.stats().requests, 50u);
  EXPECT_EQ(server.stats().connections, 3u);
  for (int i = 0; i < 10'000 && server.stats().connections_open != 2; ++i) {
    runtime.run(runtime.get().sleep(milliseconds(1)));
  }
  EXPECT_EQ(server.stats().connections_open, 2u);  // idle_max
  runtime.stop();
  client.reset();
}

Task<Failure> starve(Client& client, Origin origin, Runtime& runtime) {
  std::vector<Task<Result>> tasks;
  tasks.push_back(client.send(origin, {}, runtime.steady() + milliseconds(300)));
  tasks.push_back(client.send(origin, {}, runtime.steady() + milliseconds(30)));
  auto results = co_await all(std::move(tasks));
  EXPECT_FALSE(results[0]);
  co_return results[1].error();
}

TEST_F(ClientTest, WaitingForATurnEndsAtTheDeadline) {
  ClientLimits limits;
  limits.connections_max = 1;
  start(limits);
  ScriptedPeer peer([&](RawSocket& listener) {
    RawSocket socket = listener.accept();
    read_request(socket);
    socket.read_to_close();
  });
  Failure failure = runtime.run(starve(*client, peer.origin(), runtime.get()));
  EXPECT_EQ(failure.kind, Failure::Kind::timeout);
  EXPECT_TRUE(failure.never_sent);
}

Task<std::string> cancelled(Client& client, Origin origin, Runtime& runtime) {
  try {
    auto result = co_await within(runtime, runtime.steady() + milliseconds(20),
                                  client.send(origin, {}, runtime.steady() + seconds(60)));
    co_return result ? "answered" : result.error().note;
  } catch (const Error& e) {
    co_return e.reason();
  }
}

TEST_F(ClientTest, CancellationEndsAnExchange) {
  start();
  ScriptedPeer peer([&](RawSocket& listener) {
    RawSocket socket = listener.accept();
    read_request(socket);
    EXPECT_EQ(socket.read_to_close(), "");
  });
  EXPECT_EQ(runtime.run(cancelled(*client, peer.origin(), runtime.get())), "deadline.passed");
}

Task<void> hang(Client& client, Origin origin, Runtime& runtime) {
  co_await client.send(origin, {}, runtime.steady() + seconds(60));
}

TEST_F(ClientTest, TheRuntimeMayStopWithinAnExchange) {
  start();
  std::promise<void> arrived;
  ScriptedPeer peer([&](RawSocket& listener) {
    RawSocket socket = listener.accept();
    read_request(socket);
    arrived.set_value();
    EXPECT_EQ(socket.read_to_close(), "");
  });
  runtime.get().spawn("hangs", hang(*client, peer.origin(), runtime.get()));
  arrived.get_future().wait();
  runtime.stop();
}

}  // namespace
}  // namespace portico::net
