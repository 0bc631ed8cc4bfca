// Against a mail server of a few lines on this machine.
#include "blocks/notification/smtp_mailer.h"

#include <gtest/gtest.h>

#include "blocks/notification/smtp_fixture.h"
#include "blocks/notification/test_support.h"

namespace portico::mail {
namespace {

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
