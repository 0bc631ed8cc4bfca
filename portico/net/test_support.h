// For the tests of net/ only: a runtime on a thread of its own, and a socket that sends and reads plain
// bytes.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <future>
#include <thread>

#include "portico/net/server.h"
#include "portico/runtime/runtime.h"
#include "portico/runtime/sync.h"

namespace portico::net {

// Runs a runtime until the test ends.
class RunningRuntime {
 public:
  explicit RunningRuntime(unsigned reactors = 2) : runtime_(RealRuntime::make({.reactors = reactors})) {
    runtime_->on_task_failure(
        [](std::string_view name, std::string_view what) { ADD_FAILURE() << name << ": " << what; });
    thread_ = std::thread([this] { runtime_->run(); });
  }
  ~RunningRuntime() { stop(); }
  void stop() {
    if (!thread_.joinable()) return;
    runtime_->stop();
    thread_.join();
  }
  Runtime& get() { return *runtime_; }

  // Runs a task to its end on reactor `index`; returns or throws what it does.
  template <class T>
  T run(Task<T> task, size_t index = 0) {
    return start(std::move(task), index).get();
  }
  template <class T>
  std::future<T> start(Task<T> task, size_t index = 0) {
    auto promise = std::make_shared<std::promise<T>>();
    auto result = promise->get_future();
    runtime_->spawn("test", deliver(std::move(task), std::move(promise)), index);
    return result;
  }

 private:
  template <class T>
  static Task<void> deliver(Task<T> task, std::shared_ptr<std::promise<T>> promise) {
    std::exception_ptr error;
    try {
      if constexpr (std::is_void_v<T>) {
        co_await std::move(task);
        promise->set_value();
      } else {
        promise->set_value(co_await std::move(task));
      }
    } catch (const std::exception&) {
      error = std::current_exception();
    }
    if (error) promise->set_exception(error);
  }

  std::unique_ptr<RealRuntime> runtime_;
  std::thread thread_;
};

// A blocking socket; every wait ends after ten seconds.
class RawSocket {
 public:
  RawSocket() = default;
  explicit RawSocket(int fd) : fd_(fd) {}
  RawSocket(RawSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  RawSocket& operator=(RawSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~RawSocket() {
    if (fd_ >= 0) ::close(fd_);
  }

  static RawSocket connect(uint16_t port) {
    int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(port);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return RawSocket(fd);
  }
  static RawSocket listen() {
    int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd, 64), 0);
    return RawSocket(fd);
  }
  RawSocket accept() {
    EXPECT_TRUE(readable()) << "nobody has connected";
    return RawSocket(::accept(fd_, nullptr, nullptr));
  }
  uint16_t port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }

  // What the peer does not take any more is lost, as for any client.
  void send(std::string_view text) {
    while (!text.empty()) {
      ssize_t count = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      text.remove_prefix(static_cast<size_t>(count));
    }
  }
  void finish() { ::shutdown(fd_, SHUT_WR); }
  void close() { *this = RawSocket(); }
  int fd() const { return fd_; }

  bool readable(int timeout_ms = 10'000) {
    pollfd poll{fd_, POLLIN, 0};
    return ::poll(&poll, 1, timeout_ms) == 1;
  }
  // Reads until the text ends in `end`, or until the peer closes.
  std::string read_until(std::string_view end) {
    std::string text;
    while (!text.ends_with(end) || end.empty()) {
      char bytes[4096];
      if (!readable()) return text + "<silence>";
      // By single bytes towards an end, so as not to read past it.
      ssize_t count = ::recv(fd_, bytes, end.empty() ? sizeof bytes : 1, 0);
      if (count <= 0) return end.empty() ? text : text + "<closed>";
      text.append(bytes, static_cast<size_t>(count));
    }
    return text;
  }
  std::string read_to_close() { return read_until(""); }
  // One response with Content-Length: head and body.
  std::string read_response() {
    std::string head = read_until("\r\n\r\n");
    size_t at = head.find("content-length: ");
    if (at == std::string::npos) return head;
    size_t left = std::stoul(head.substr(at + 16));
    std::string body;
    while (body.size() < left) {
      char bytes[4096];
      if (!readable()) return head + body + "<silence>";
      ssize_t count = ::recv(fd_, bytes, std::min(sizeof bytes, left - body.size()), 0);
      if (count <= 0) return head + body + "<closed>";
      body.append(bytes, static_cast<size_t>(count));
    }
    return head + body;
  }

 private:
  static sockaddr_in loopback(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  int fd_ = -1;
};

// A peer that does exactly what a test scripts, on a thread of its own.
class ScriptedPeer {
 public:
  explicit ScriptedPeer(std::function<void(RawSocket& listener)> script)
      : listener_(RawSocket::listen()),
        port_(listener_.port()),
        thread_([this, script] { script(listener_); }) {}
  ~ScriptedPeer() { thread_.join(); }
  uint16_t port() const { return port_; }

 private:
  RawSocket listener_;
  const uint16_t port_;
  std::thread thread_;
};

inline int status_of(const std::string& response) {
  return response.starts_with("HTTP/1.1 ") ? std::stoi(response.substr(9, 3)) : 0;
}

}  // namespace portico::net
