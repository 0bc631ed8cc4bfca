// A mail server of a few lines on this machine, for tests.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace portico::mail {

struct Behaviour {
  std::string to_recipient = "250 OK";
  bool silent = false;  // takes connections and never says a word
  int unconfirmed = 0;  // the first mails that it takes without saying so: it hangs up
};

// Takes one connection after the other and answers as a mail server does.
class Sink {
 public:
  struct Taken {
    std::string from, to, data;
  };
  Sink() : Sink(Behaviour{}) {}
  explicit Sink(Behaviour behaviour) : behaviour_(std::move(behaviour)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    EXPECT_EQ(::pipe(stop_), 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~Sink() {
    ::close(stop_[1]);
    thread_.join();
    ::close(stop_[0]);
    ::close(listener_);
  }
  std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port_); }
  std::vector<Taken> taken() {
    std::lock_guard lock(mutex_);
    return taken_;
  }
  int connections() {
    std::lock_guard lock(mutex_);
    return connections_;
  }

 private:
  // False when the test is over.
  bool readable(int socket) {
    pollfd waits[] = {{socket, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    return ::poll(waits, 2, -1) > 0 && waits[1].revents == 0;
  }
  void serve() {
    while (readable(listener_)) {
      int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      {
        std::lock_guard lock(mutex_);
        ++connections_;
      }
      if (behaviour_.silent)
        readable(socket);
      else
        converse(socket);
      ::close(socket);
    }
  }
  void say(int socket, std::string_view line) {
    std::string text = std::string(line) + "\r\n";
    EXPECT_EQ(::send(socket, text.data(), text.size(), MSG_NOSIGNAL), ssize_t(text.size()));
  }
  std::optional<std::string> line(int socket, std::string& buffer) {
    size_t end;
    while ((end = buffer.find("\r\n")) == buffer.npos) {
      char bytes[4096];
      ssize_t count = readable(socket) ? ::recv(socket, bytes, sizeof bytes, 0) : 0;
      if (count <= 0) return std::nullopt;
      buffer.append(bytes, size_t(count));
    }
    std::string text = buffer.substr(0, end);
    buffer.erase(0, end + 2);
    return text;
  }
  void converse(int socket) {
    std::string buffer;
    Taken mail;
    say(socket, "220 sink.example");
    while (auto command = line(socket, buffer)) {
      if (command->starts_with("EHLO")) {
        say(socket, "250 sink.example");
      } else if (command->starts_with("MAIL FROM:")) {
        mail = {.from = command->substr(10)};
        say(socket, "250 OK");
      } else if (command->starts_with("RCPT TO:")) {
        mail.to = command->substr(8);
        say(socket, behaviour_.to_recipient);
      } else if (*command == "DATA") {
        say(socket, "354 Go ahead");
        while (auto text = line(socket, buffer)) {
          if (*text == ".") break;
          mail.data += *text + "\n";
        }
        {
          std::lock_guard lock(mutex_);
          taken_.push_back(mail);
          if (taken_.size() <= size_t(behaviour_.unconfirmed)) return;
        }
        say(socket, "250 Taken");
      } else if (*command == "QUIT") {
        say(socket, "221 Bye");
        return;
      } else {
        say(socket, command->starts_with("RSET") ? "250 OK" : "502 What?");
      }
    }
  }

  const Behaviour behaviour_;
  int listener_ = -1;
  int stop_[2] = {-1, -1};
  uint16_t port_ = 0;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<Taken> taken_;
  int connections_ = 0;
};

}  // namespace portico::mail
