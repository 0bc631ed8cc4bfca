#include "portico/security/digest.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "portico/base/error.h"

namespace portico::security {
namespace {

TEST(Digest, Sha256KnownValues) {  // FIPS 180-4 examples
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, HmacKnownValues) {  // RFC 4231 cases 1, 2 and 6
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Digest, AnEmptyKeyIsAKeyAndNotTheLastOne) {
  auto with_key = hmac_sha256("key", "data");
  auto without = hmac_sha256("", "data");
  EXPECT_NE(with_key, without);
  EXPECT_EQ(without, hmac_sha256({}, "data"));
}

TEST(Digest, HexIsLowerCase) { EXPECT_EQ(hex(std::string_view("\x00\x9f\xff", 3)), "009fff"); }

TEST(Digest, OfAFileIsThatOfItsContent) {
  const std::string path = testing::TempDir() + "portico_digest_of_file";
  for (size_t size : {0, 1, 64 * 1024, 64 * 1024 + 1, 300'000}) {
    const std::string content(size, 'x');
    std::ofstream(path, std::ios::binary) << content;
    EXPECT_EQ(hex(sha256_of_file(path)), hex(sha256(content))) << size;
  }
  std::filesystem::remove(path);
  EXPECT_THROW(sha256_of_file(path), Error);
}

}  // namespace
}  // namespace portico::security
