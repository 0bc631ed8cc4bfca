#include "blocks/notification/outbox.h"

#include "blocks/notification/test_support.h"

namespace portico::mail {
namespace {

TEST(Outbox, KeepsAMailOnce) {
  Bench bench;
  Outbox outbox(*bench.store);
  OutboxMailer mailer(outbox, "Shop <shop@shop.example>");
  bench.run([&](Call& call) -> Task<void> {
    co_await bench.store->open();
    EXPECT_EQ(co_await mailer.send(call, letter("m-1")), "outbox:m-1");
    Letter again = letter("m-1");
    again.subject = "Other";
    co_await mailer.send(call, std::move(again));
    auto mails = co_await outbox.list(call, {}, 10);
    EXPECT_EQ(mails.size(), 1u);
    EXPECT_EQ(mails[0].subject, "News");
    EXPECT_EQ(mails[0].from, "Shop <shop@shop.example>");
    EXPECT_TRUE(co_await outbox.find(call, {"m-1"}));
    EXPECT_FALSE(co_await outbox.find(call, {"m-2"}));
  });
}

TEST(Outbox, TheOldestMakeRoom) {
  Bench bench;
  Outbox outbox(*bench.store, 3);
  OutboxMailer mailer(outbox, "shop@shop.example");
  bench.run([&](Call& call) -> Task<void> {
    co_await bench.store->open();
    for (int i = 1; i <= 5; ++i) {
      co_await mailer.send(
          call, letter("m-" + std::to_string(i), i % 2 ? "jane@shop.example" : "joan@shop.example"));
      co_await bench.sim->sleep(std::chrono::seconds(1));
    }
    auto mails = co_await outbox.list(call, {}, 10);
    EXPECT_EQ(mails.size(), 3u);
    EXPECT_EQ(mails[0].id.value, "m-5");
    EXPECT_EQ(mails[2].id.value, "m-3");
    auto janes = co_await outbox.list(call, "joan@shop.example", 10);
    EXPECT_EQ(janes.size(), 1u);
    EXPECT_EQ(janes[0].id.value, "m-4");
  });
}

TEST(Outbox, NeverKeepsMoreThanATenthBeyondItsLimit) {
  Bench bench;
  Outbox outbox(*bench.store, 20);
  OutboxMailer mailer(outbox, "shop@shop.example");
  bench.run([&](Call& call) -> Task<void> {
    co_await bench.store->open();
    for (int i = 1; i <= 50; ++i) {
      co_await mailer.send(call, letter("m-" + std::to_string(i)));
      co_await bench.sim->sleep(std::chrono::seconds(1));
      auto mails = co_await outbox.list(call, {}, 100);
      EXPECT_LE(mails.size(), 22u);
      EXPECT_GE(mails.size(), size_t(std::min(i, 20)));
      EXPECT_EQ(mails[0].id.value, "m-" + std::to_string(i));
    }
  });
}

TEST(Outbox, RefusesWhatNoServerWouldTake) {
  Bench bench;
  Outbox outbox(*bench.store);
  OutboxMailer mailer(outbox, "shop@shop.example");
  bench.run([&](Call& call) -> Task<void> {
    co_await bench.store->open();
    std::string reason;
    try {
      co_await mailer.send(call, letter("m-1", "jane@shop.example\r\nBcc: all@shop.example"));
    } catch (const Error& error) {
      reason = error.reason();
    }
    EXPECT_EQ(reason, "mail.address");
    Letter injected = letter("m-2");
    injected.subject = "News\r\nBcc: all@shop.example";
    co_await mailer.send(call, std::move(injected));
    EXPECT_EQ((co_await outbox.find(call, {"m-2"}))->subject, "News  Bcc: all@shop.example");
  });
}

TEST(Outbox, KeepsMessagesOfOtherChannelsToo) {
  Bench bench;
  Outbox outbox(*bench.store);
  OutboxSender sender(outbox, "sms");
  bench.run([&](Call& call) -> Task<void> {
    co_await bench.store->open();
    ShortMessage message{.id = {"s-1"}, .to = "+491701234", .title = "News", .text = "A text"};
    co_await sender.send(call, std::move(message));
    auto mail = co_await outbox.find(call, {"s-1"});
    EXPECT_TRUE(mail);
    EXPECT_EQ(mail->from, "sms");
    EXPECT_EQ(mail->to, "+491701234");
  });
}

template <class Work>
std::string reason_of(Bench& bench, Work work) {
  std::string reason;
  bench.run([&](Call& call) -> Task<void> {
    try {
      co_await work(call);
    } catch (const Error& error) {
      reason = error.reason();
    }
  });
  return reason;
}

TEST(MissingProviders, SayWhatToConfigure) {
  Bench bench;
  MissingMailer mailer;
  MissingSender sender("sms");
  EXPECT_EQ(reason_of(bench, [&](Call& call) { return mailer.check(call); }), "mail.not_configured");
  EXPECT_EQ(reason_of(bench, [&](Call& call) { return mailer.send(call, letter("m-1")); }),
            "mail.not_configured");
  EXPECT_EQ(reason_of(bench, [&](Call& call) { return sender.send(call, {}); }), "sms.not_configured");
}

}  // namespace
}  // namespace portico::mail
