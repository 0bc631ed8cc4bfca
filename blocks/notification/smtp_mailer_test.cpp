// Against a mail server of a few lines on this machine.
#include "blocks/notification/smtp_mailer.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <thread>

#include "blocks/notification/test_support.h"

namespace portico::mail {
namespace {

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

// What a reader sees of quoted-printable text (RFC 2045 section 6.7).
std::string unquoted(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    auto is_digit = [&](size_t at) { return at < text.size() && std::isxdigit(uint8_t(text[at])); };
    if (text[i] == '=' && is_digit(i + 1) && is_digit(i + 2)) {
      out += char(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else if (text[i] == '=' && i + 1 < text.size() && text[i + 1] == '\n') {
      ++i;
    } else {
      out += text[i];  // also of headers between the parts
    }
  }
  return out;
}

class SmtpMailerTest : public testing::Test {
 protected:
  SmtpMailerTest() : runtime(RealRuntime::make({.reactors = 1, .pool_threads = 2})) {}

  SmtpMailer& mailer(const std::string& url, std::string username = "") {
    mailer_ = std::make_unique<SmtpMailer>(*runtime, SmtpOptions{.url = url,
                                                                 .from = "Café Shop <shop@shop.example>",
                                                                 .username = std::move(username),
                                                                 .password = Secret("hunter22"),
                                                                 .timeout = std::chrono::milliseconds(1500)});
    return *mailer_;
  }
  // The reasons of the refusals, or "", in order.
  std::vector<std::string> send(std::vector<Letter> letters) {
    std::vector<std::string> reasons;
    runtime->spawn("test", send_all(std::move(letters), &reasons));
    runtime->run();
    return reasons;
  }
  Task<void> send_all(std::vector<Letter> letters, std::vector<std::string>* reasons) {
    for (Letter& letter : letters) {
      Call call(*runtime, observer, "notification", runtime->steady() + patience);
      std::string reason;
      try {
        last_id = co_await mailer_->send(call, std::move(letter));
      } catch (const Error& error) {
        reason = error.reason();
      }
      reasons->push_back(reason);
    }
    Call call(*runtime, observer, "notification", runtime->steady() + std::chrono::seconds(20));
    try {
      co_await mailer_->check(call);
    } catch (const Error& error) {
      health = error.reason();
    }
    runtime->stop();
  }

  std::unique_ptr<RealRuntime> runtime;
  Log log{*runtime, {}, [](std::string_view) {}};
  Metrics metrics;
  Tracer tracer;
  Observer observer{log, metrics, tracer};
  std::unique_ptr<SmtpMailer> mailer_;
  std::string last_id, health;
  Duration patience = std::chrono::seconds(20);
};

TEST_F(SmtpMailerTest, SendsTextAndHtmlWithItsHeaders) {
  Sink sink;
  mailer(sink.url());
  Letter one = letter("n-1");
  one.subject = "Grüße";
  one.text = "First line\n.\n..dots\nÄpfel";
  EXPECT_EQ(send({std::move(one)}), std::vector<std::string>{""});
  EXPECT_EQ(last_id, "<n-1@shop.example>");
  EXPECT_EQ(health, "");
  auto taken = sink.taken();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_TRUE(taken[0].from.starts_with("<shop@shop.example>")) << taken[0].from;
  EXPECT_EQ(taken[0].to, "<jane@shop.example>");
  const std::string& data = taken[0].data;
  for (const char* part :
       {"From: =?UTF-8?B?Q2Fmw6kgU2hvcA==?= <shop@shop.example>\n", "To: <jane@shop.example>\n",
        "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\n", "Message-ID: <n-1@shop.example>\n",
        "\nDate: ", "multipart/alternative", "Auto-Submitted: auto-generated\n", "text/plain; charset=utf-8",
        "text/html; charset=utf-8"})
    EXPECT_NE(data.find(part), data.npos) << part << "\n" << data;
  std::string body = unquoted(data.substr(data.find("\n\n")));
  EXPECT_NE(body.find("..dots\nÄpfel"), body.npos) << body;
  EXPECT_NE(body.find("<p>A text</p>"), body.npos) << body;
}

TEST_F(SmtpMailerTest, KeepsTheConnectionBetweenMails) {
  Sink sink;
  mailer(sink.url());
  EXPECT_EQ(send({letter("n-1"), letter("n-2"), letter("n-3")}), std::vector<std::string>(3));
  EXPECT_EQ(sink.taken().size(), 3u);
  EXPECT_EQ(sink.connections(), 1);
}

TEST_F(SmtpMailerTest, NothingOfAMailBecomesAHeader) {
  Sink sink;
  mailer(sink.url());
  Letter subject = letter("n-1");
  subject.subject = "News\r\nBcc: all@shop.example\r\n\r\nBody";
  Letter address = letter("n-2", "jane@shop.example>\r\nRCPT TO:<all@shop.example");
  EXPECT_EQ(send({std::move(subject), std::move(address)}), (std::vector<std::string>{"", "mail.address"}));
  auto taken = sink.taken();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].data.find("\nBcc:"), std::string::npos) << taken[0].data;
  EXPECT_NE(taken[0].data.find("Subject: News  Bcc: all@shop.example    Body\n"), std::string::npos)
      << taken[0].data;
}

TEST_F(SmtpMailerTest, ARefusedMailIsNoTroubleOfTheServer) {
  Sink sink(Behaviour{.to_recipient = "550 No such user"});
  mailer(sink.url());
  EXPECT_EQ(send({letter("n-1")}), std::vector<std::string>{"mail.refused"});
  EXPECT_EQ(health, "");
  EXPECT_TRUE(sink.taken().empty());
}

TEST_F(SmtpMailerTest, AMailThatIsNotConfirmedIsCountedAndRepeatedUnderItsName) {
  Sink sink(Behaviour{.unconfirmed = 1});
  mailer(sink.url());
  EXPECT_EQ(send({letter("n-1"), letter("n-1")}), (std::vector<std::string>{"mail.ambiguous", ""}));
  EXPECT_EQ(metrics.counter("mail_ambiguous_total", "").value(), 1u);
  auto taken = sink.taken();
  ASSERT_EQ(taken.size(), 2u);
  for (const Sink::Taken& mail : taken)
    EXPECT_NE(mail.data.find("Message-ID: <n-1@shop.example>\n"), mail.data.npos) << mail.data;
}

TEST_F(SmtpMailerTest, AMailIsNotBegunThatCouldNotEndInTime) {
  Sink sink;
  mailer(sink.url());
  patience = std::chrono::milliseconds(150);
  EXPECT_EQ(send({letter("n-1")}), std::vector<std::string>{"mail.too_late"});
  EXPECT_TRUE(sink.taken().empty());
}

TEST_F(SmtpMailerTest, AnAbsentServerIsReported) {
  std::string url;
  {
    Sink gone;
    url = gone.url();
  }
  mailer(url);
  EXPECT_EQ(send({letter("n-1")}), std::vector<std::string>{"mail.unreachable"});
  EXPECT_EQ(health, "mail.unreachable");
}

TEST_F(SmtpMailerTest, ASilentServerCostsNoMoreThanTheTimeOut) {
  Sink sink(Behaviour{.silent = true});
  mailer(sink.url());
  Instant started = runtime->steady();
  EXPECT_EQ(send({letter("n-1")}), std::vector<std::string>{"mail.unreachable"});
  EXPECT_LT(runtime->steady() - started, Duration(std::chrono::seconds(10)));
}

TEST_F(SmtpMailerTest, APasswordIsNeverSentInTheClear) {
  Sink sink;
  mailer(sink.url(), "shop");
  EXPECT_EQ(send({letter("n-1")}), std::vector<std::string>{"mail.tls"});
  EXPECT_TRUE(sink.taken().empty());
}

TEST_F(SmtpMailerTest, RefusesSettingsThatCannotWork) {
  auto reason_of = [&](SmtpOptions options) {
    try {
      SmtpMailer mailer(*runtime, std::move(options));
    } catch (const Error& error) {
      return error.reason();
    }
    return std::string();
  };
  EXPECT_EQ(reason_of({.url = "", .from = "a@b.example"}), "mail.url");
  EXPECT_EQ(reason_of({.url = "http://mail.example", .from = "a@b.example"}), "mail.url");
  EXPECT_EQ(reason_of({.url = "smtp://mail.example", .from = "Shop"}), "mail.from");
  EXPECT_EQ(reason_of({.url = "smtps://mail.example:465", .from = "a@b.example"}), "");
  runtime->stop();
}

}  // namespace
}  // namespace portico::mail
