#include "portico/security/base64.h"

#include <gtest/gtest.h>

#include "portico/security/test_support.h"

namespace portico::security {
namespace {

TEST(Base64, KnownValues) {
  // RFC 4648 section 10, without padding; RFC 7515 appendix C.
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\x03\xec\xff\xe0\xc1", "A-z_4ME"}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(base64url_encode(bytes), text);
    EXPECT_EQ(base64url_decode(text), bytes);
  }
}

TEST(Base64, RefusesEveryOtherSpelling) {
  for (const char* bad :
       {"Zg==", "Zg=", "Zh", "Zm9", "Z", "Zm9vY", "Zm 8", "Zm8\n", "A+z/4ME", "Zm8.", "\xc3\xa4"})
    EXPECT_FALSE(base64url_decode(bad)) << bad;
  EXPECT_FALSE(base64url_decode(std::string_view("Zg\0", 3)));
}

TEST(Base64, RoundTripsAnyBytes) {
  SeededRandom random(7);
  for (size_t size = 0; size < 300; ++size) {
    std::string bytes(size, '\0');
    random.fill(std::as_writable_bytes(std::span(bytes)));
    std::string text = base64url_encode(bytes);
    EXPECT_EQ(base64url_decode(text), bytes);
    if (auto other = base64url_decode(text + "A")) EXPECT_NE(*other, bytes);
  }
}

// No two texts may stand for the same bytes: otherwise one signature would have several spellings.
TEST(Base64, TwoCharactersHaveExactlyOneMeaning) {
  std::map<std::string, int> seen;
  for (int a = 0; a < 256; ++a)
    for (int b = 0; b < 256; ++b)
      if (auto bytes = base64url_decode(std::string{static_cast<char>(a), static_cast<char>(b)}))
        ++seen[*bytes];
  EXPECT_EQ(seen.size(), 256u);
  for (const auto& [bytes, count] : seen) EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace portico::security
