#include "portico/net/client_test_support.h"

namespace portico::net {
namespace {

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
    Result result = send(origin_of(peer), {}, milliseconds(50));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, Failure::Kind::timeout);
    EXPECT_FALSE(result.error().never_sent);
    EXPECT_LT(runtime.get().steady() - before, seconds(5));
  }
  Result late = send(origin_of(peer), {}, milliseconds(0));
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
    Result result = send(origin_of(peer));
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
  Result first = send(origin_of(peer), std::move(head));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->headers.get("content-length"), "500");
  EXPECT_EQ(first->body, "");
  EXPECT_EQ(send(origin_of(peer))->body, "until the end");
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
  Result result = post(origin_of(peer), std::string(8 * 1024 * 1024, 'x'));
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
  EXPECT_TRUE(send(origin_of(peer)));
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
  Failure failure = runtime.run(starve(*client, origin_of(peer), runtime.get()));
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
  EXPECT_EQ(runtime.run(cancelled(*client, origin_of(peer), runtime.get())), "deadline.passed");
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
  runtime.get().spawn("hangs", hang(*client, origin_of(peer), runtime.get()));
  arrived.get_future().wait();
  runtime.stop();
}

}  // namespace
}  // namespace portico::net
