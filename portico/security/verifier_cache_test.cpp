#include <gtest/gtest.h>

#include "portico/security/test_support.h"
#include "portico/security/token.h"

namespace portico::security {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class VerifierCache : public testing::Test {
 protected:
  std::string token(std::string id, std::string session = {}) {
    Claims claims = user_claims(clock);
    claims.id = std::move(id);
    claims.session = std::move(session);
    return signer.sign(claims);
  }
  std::unique_ptr<Verifier> verifier_of_size(size_t entries_max) {
    VerifierOptions options = shop_options();
    options.cache_entries_max = entries_max;
    return std::make_unique<Verifier>(clock, options, std::vector{signer.named_key()});
  }

  FakeClock clock;
  SeededRandom random{13};
  Signer signer{SigningKey::generate(Algorithm::eddsa, random)};
  Verifier verifier{clock, shop_options(), {signer.named_key()}};
};

TEST_F(VerifierCache, TheSecondTimeCostsNoSignatureCheck) {
  std::string text = token("a");
  auto first = verifier.verify_shared(text);
  auto second = verifier.verify_shared(text);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, *second) << "the same claims, not equal ones";
  EXPECT_EQ(verifier.cache_status().hits, 1u);
  EXPECT_EQ(verifier.cache_status().misses, 1u);
  EXPECT_EQ(verifier.cache_status().entries, 1u);
}

TEST_F(VerifierCache, WhatIsRefusedIsNotRemembered) {
  Signer stranger(SigningKey::generate(Algorithm::eddsa, random));
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(verifier.verify(stranger.sign(user_claims(clock))));
  EXPECT_FALSE(verifier.verify(token("a") + "x"));
  EXPECT_EQ(verifier.cache_status().entries, 0u);
}

TEST_F(VerifierCache, AnEntryDiesWithItsToken) {
  std::string text = token("a");
  ASSERT_TRUE(verifier.verify(text));
  clock.time = clock.time + hours(1) + seconds(60);
  EXPECT_EQ(verifier.verify(text).error(), TokenFault::expired);
  EXPECT_EQ(verifier.cache_status().entries, 0u);
}

TEST_F(VerifierCache, IsBounded) {
  for (size_t entries_max : {0u, 1u, 15u, 16u, 40u, 64u}) {
    auto bounded = verifier_of_size(entries_max);
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(bounded->verify(token(std::to_string(i))));
    EXPECT_LE(bounded->cache_status().entries, entries_max);
    if (entries_max > 0) EXPECT_GE(bounded->cache_status().entries, std::max<size_t>(1, entries_max * 3 / 4));
  }
}

TEST_F(VerifierCache, TheLeastRecentlyUsedMakesRoom) {
  auto single = verifier_of_size(1);
  std::string a = token("a"), b = token("b");
  for (const std::string& text : {a, a, b, b, a}) ASSERT_TRUE(single->verify(text));
  EXPECT_EQ(single->cache_status().hits, 2u);
  EXPECT_EQ(single->cache_status().entries, 1u);
}

TEST_F(VerifierCache, TakingAKeyAwayEmptiesIt) {
  Signer other(SigningKey::generate(Algorithm::es256, random));
  verifier.add_key(other.named_key());
  EXPECT_TRUE(verifier.knows(other.kid()));
  std::string text = token("a"), from_other = other.sign(user_claims(clock));
  ASSERT_TRUE(verifier.verify(text) && verifier.verify(from_other));
  verifier.remove_key(signer.kid());
  EXPECT_EQ(verifier.cache_status().entries, 0u);
  EXPECT_EQ(verifier.verify(text).error(), TokenFault::unknown_key);
  EXPECT_TRUE(verifier.verify(from_other));
  verifier.replace_keys({signer.named_key()});
  EXPECT_TRUE(verifier.verify(text));
  EXPECT_EQ(verifier.verify(from_other).error(), TokenFault::unknown_key);
  // The same kid, another key.
  verifier.add_key({signer.kid(), SigningKey::generate(Algorithm::eddsa, random).verification_key()});
  EXPECT_EQ(verifier.verify(text).error(), TokenFault::bad_signature);
}

TEST_F(VerifierCache, RevocationCountsForRememberedTokens) {
  std::string a = token("a", "session-1"), b = token("b", "session-1"), c = token("c", "session-2");
  for (const std::string& text : {a, b, c}) ASSERT_TRUE(verifier.verify(text));
  verifier.revocations().revoke("a", clock.now() + hours(1));
  EXPECT_EQ(verifier.verify(a).error(), TokenFault::revoked);
  EXPECT_TRUE(verifier.verify(b));
  verifier.revocations().revoke("session-1", clock.now() + hours(1));
  EXPECT_EQ(verifier.verify(b).error(), TokenFault::revoked);
  EXPECT_TRUE(verifier.verify(c));
}

TEST_F(VerifierCache, VerifiersMayShareRevocations) {
  auto shared = std::make_shared<RevocationList>(clock);
  Verifier first(clock, shop_options(), {signer.named_key()}, shared);
  Verifier second(clock, shop_options(), {signer.named_key()}, shared);
  first.revocations().revoke("a", clock.now() + hours(1));
  EXPECT_EQ(second.verify(token("a")).error(), TokenFault::revoked);
}

// Revoked means refused until the last verifier with the greatest leeway would refuse it anyway.
TEST_F(VerifierCache, RevokedTokensStayRefusedThroughTheLeeway) {
  std::string text = token("a");
  Time end = clock.now() + hours(1);
  verifier.revocations().revoke("a", end);
  clock.time = end + seconds(59);
  verifier.revocations().revoke("b", end + hours(1));  // sweeps what is over
  EXPECT_EQ(verifier.verify(text).error(), TokenFault::revoked);
  clock.time = end + seconds(60);
  EXPECT_EQ(verifier.verify(text).error(), TokenFault::expired);
}

Task<void> run_beside(RealRuntime& runtime, std::move_only_function<void()> work, int* left) {
  co_await runtime.offload(std::move(work));
  if (--*left == 0) runtime.stop();
}

TEST_F(VerifierCache, ThreadsMayVerifyRevokeAndRotateAtOnce) {
  auto runtime = RealRuntime::make({.reactors = 1, .pool_threads = 4});
  auto small = verifier_of_size(32);
  std::vector<std::string> tokens;
  for (int i = 0; i < 64; ++i) tokens.push_back(token(std::to_string(i)));
  std::atomic<int> unexpected = 0;
  int left = 4;
  for (size_t step = 1; step <= 3; ++step) {
    auto verify_many = [&, step] {
      for (size_t round = 0; round < 400; ++round) {
        auto claims = small->verify_shared(tokens[round * step % tokens.size()]);
        if (!claims && claims.error() != TokenFault::revoked && claims.error() != TokenFault::unknown_key)
          ++unexpected;
      }
    };
    runtime->spawn("verify", run_beside(*runtime, verify_many, &left));
  }
  auto rotate = [&] {
    for (int round = 0; round < 50; ++round) {
      small->remove_key(signer.kid());
      small->add_key(signer.named_key());
      small->revocations().revoke(std::to_string(round), clock.now() + minutes(1));
    }
  };
  runtime->spawn("rotate", run_beside(*runtime, rotate, &left));
  runtime->run();
  EXPECT_EQ(unexpected, 0);
  EXPECT_LE(small->cache_status().entries, 32u);
}

TEST(RevocationList, IsBoundedAndDropsWhatExpiresFirst) {
  FakeClock clock;
  RevocationList list(clock, 3);
  list.revoke("late", clock.now() + hours(3));
  list.revoke("early", clock.now() + hours(1));
  list.revoke("middle", clock.now() + hours(2));
  EXPECT_EQ(list.size(), 3u);
  EXPECT_EQ(list.evicted(), 0u);
  list.revoke("more", clock.now() + hours(4));
  EXPECT_EQ(list.size(), 3u);
  EXPECT_EQ(list.evicted(), 1u);
  EXPECT_FALSE(list.contains("early"));
  for (const char* id : {"late", "middle", "more"}) EXPECT_TRUE(list.contains(id)) << id;
}

TEST(RevocationList, ForgetsWhatHasExpiredAndOnlyEverProlongs) {
  FakeClock clock;
  RevocationList list(clock);
  EXPECT_FALSE(list.contains(""));
  list.revoke("", clock.now() + hours(1));
  list.revoke("past", clock.now() - minutes(2));
  EXPECT_EQ(list.size(), 0u);
  list.revoke("a", clock.now() + hours(2));
  list.revoke("a", clock.now() + hours(1));
  EXPECT_EQ(list.size(), 1u);
  clock.time = clock.time + hours(1) + minutes(2);
  list.revoke("b", clock.now() + hours(5));
  EXPECT_TRUE(list.contains("a"));
  list.revoke("a", clock.now() + hours(2));
  clock.time = clock.time + hours(1);
  list.revoke("c", clock.now() + hours(1));
  EXPECT_TRUE(list.contains("a"));
  clock.time = clock.time + hours(1) + minutes(1);
  list.revoke("d", clock.now() + hours(1));
  EXPECT_FALSE(list.contains("a"));
}

}  // namespace
}  // namespace portico::security
