#include "blocks/notification/mail.h"

#include <gtest/gtest.h>

namespace portico::mail {
namespace {

TEST(Mailbox, IsAnAddressWithOrWithoutAName) {
  auto plain = parse_mailbox(" shop@shop.example ");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->address, "shop@shop.example");
  EXPECT_EQ(plain->name, "");
  auto named = parse_mailbox("\"The Shop\" <shop@shop.example>");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->name, "The Shop");
  EXPECT_EQ(parse_mailbox("Café <shop@shop.example>")->name, "Café");
}

TEST(Mailbox, HasRoomForNothingElse) {
  for (const char* text :
       {"", "shop", "shop@shop.example\r\nBcc: all@shop.example", "Shop <shop@shop.example",
        "a@b.example, c@d.example", "Shop <shop@shop.example> x", "Sh\"op <shop@shop.example>",
        "Shop\n <shop@shop.example>", "<a@b.example><c@d.example>"})
    EXPECT_FALSE(parse_mailbox(text)) << text;
}

TEST(MailAddress, IsOneAndNothingElse) {
  EXPECT_TRUE(is_address("jane@shop.example"));
  for (const char* text :
       {"", "jane", "jane@shop.example,joan@shop.example", "jane@shop.example\r\nRCPT TO:<x@y.z>",
        "<jane@shop.example>", "jane @shop.example"})
    EXPECT_FALSE(is_address(text)) << text;
}

TEST(MailHeader, StaysOnOneLine) {
  EXPECT_EQ(one_line("News\r\nBcc: all@shop.example\t\x7f"), "News  Bcc: all@shop.example  ");
  EXPECT_EQ(header_text("News\r\nBcc: x"), "News  Bcc: x");
  EXPECT_EQ(header_text(std::string("a\0b", 3)), "a b");
}

TEST(MailHeader, IsAsciiOfAnyText) {
  EXPECT_EQ(header_text("Order 1001"), "Order 1001");
  EXPECT_EQ(header_text("Grüße"), "=?UTF-8?B?R3LDvMOfZQ==?=");
  EXPECT_EQ(header_text("=?UTF-8?B?eA==?="), "=?UTF-8?B?PT9VVEYtOD9CP2VBPT0/PQ==?=");
}

TEST(MailHeader, FoldsLongTextsBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "é";
  std::string header = header_text(text);
  for (size_t start = 0; start < header.size();) {
    size_t end = std::min(header.find("\r\n", start), header.size());
    EXPECT_LE(end - start, 76u);
    start = end + 2;
  }
  // 22 characters of two bytes a word: never half of one.
  EXPECT_EQ(header.substr(0, header.find("\r\n")).size(), std::string("=?UTF-8?B?").size() + 60 + 2);
  EXPECT_EQ(header_text(std::string(75, 'a')), std::string(75, 'a'));
  EXPECT_NE(header_text(std::string(76, 'a')).find("\r\n "), std::string::npos);
}

TEST(MessageId, IsTheSameForTheSameLetter) {
  Letter letter{.id = {"n-1"}};
  EXPECT_EQ(message_id(letter, {"Shop", "shop@shop.example"}), "<n-1@shop.example>");
}

}  // namespace
}  // namespace portico::mail
