#include <algorithm>
#include <map>
#include <mutex>

#include "portico/security/base64.h"
#include "portico/security/claims.h"
#include "portico/security/digest.h"
#include "portico/security/token.h"
#include "portico/security/token_cache.h"

namespace portico::security {
namespace {

using Refused = std::unexpected<TokenFault>;

struct Segments {
  std::string_view signed_part, header, payload, signature;
};

std::optional<Segments> split(std::string_view token) {
  size_t first = token.find('.');
  size_t last = token.rfind('.');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  Segments segments{token.substr(0, last), token.substr(0, first), token.substr(first + 1, last - first - 1),
                    token.substr(last + 1)};
  if (segments.payload.find('.') != std::string_view::npos) return std::nullopt;
  return segments;
}

// Media types compare without case, and "application/" may be left out (RFC 7515 section 4.1.9).
bool same_type(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  auto bare = [&](std::string_view type) {
    std::string text(type);
    std::transform(text.begin(), text.end(), text.begin(), lower);
    constexpr std::string_view prefix = "application/";
    return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
  };
  return bare(a) == bare(b);
}

}  // namespace

// The key set. Read only when a token is not in the cache, so a lock is cheap enough.
class Verifier::Keys {
 public:
  std::optional<VerificationKey> find(std::string_view kid) const {
    std::lock_guard lock(mutex_);
    auto key = keys_.find(kid);
    return key == keys_.end() ? std::nullopt : std::optional(key->second);
  }
  void add(NamedKey key) {
    std::lock_guard lock(mutex_);
    keys_.insert_or_assign(std::move(key.kid), std::move(key.key));
  }
  void remove(std::string_view kid) {
    std::lock_guard lock(mutex_);
    if (auto key = keys_.find(kid); key != keys_.end()) keys_.erase(key);
  }
  void replace(std::vector<NamedKey> keys) {
    std::map<std::string, VerificationKey, std::less<>> fresh;
    for (NamedKey& key : keys) fresh.insert_or_assign(std::move(key.kid), std::move(key.key));
    std::lock_guard lock(mutex_);
    keys_ = std::move(fresh);
  }
  bool empty() const {
    std::lock_guard lock(mutex_);
    return keys_.empty();
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, VerificationKey, std::less<>> keys_;
};

Verifier::Verifier(const Clock& clock, VerifierOptions options, std::vector<NamedKey> keys,
                   std::shared_ptr<RevocationList> revocations)
    : clock_(clock),
      options_(std::move(options)),
      revocations_(revocations ? std::move(revocations) : std::make_shared<RevocationList>(clock)),
      keys_(std::make_unique<Keys>()),
      cache_(std::make_unique<Cache>(options_.cache_entries_max)) {
  PORTICO_CHECK(!options_.issuer.empty() && !options_.audience.empty());
  PORTICO_CHECK(options_.leeway >= Duration::zero() && options_.leeway <= token_leeway_max);
  keys_->replace(std::move(keys));
}

Verifier::~Verifier() = default;

std::expected<Claims, TokenFault> Verifier::verify(std::string_view token) const {
  auto claims = verify_shared(token);
  if (!claims) return Refused(claims.error());
  return **claims;
}

std::expected<std::shared_ptr<const Claims>, TokenFault> Verifier::verify_shared(
    std::string_view token) const {
  if (token.size() > token_bytes_max) return Refused(TokenFault::too_large);
  Sha256 name{};
  uint64_t generation = cache_->generation();
  std::shared_ptr<const Claims> claims;
  if (cache_->enabled()) {
    name = sha256(token);
    claims = cache_->find(name);
  }
  bool remembered = claims != nullptr;
  if (!remembered) {
    auto verified = verify_signature(token);
    if (!verified) return verified;
    claims = std::move(*verified);
  }
  if (auto fault = refused_now(*claims)) {
    if (remembered) cache_->erase(name);
    return Refused(*fault);
  }
  if (!remembered && cache_->enabled()) cache_->insert(name, claims, generation);
  return claims;
}

// Everything that stays true for as long as the keys do.
std::expected<std::shared_ptr<const Claims>, TokenFault> Verifier::verify_signature(
    std::string_view token) const {
  auto segments = split(token);
  auto header_text = segments ? base64url_decode(segments->header) : std::nullopt;
  auto header = header_text ? decode_header(*header_text) : std::nullopt;
  if (!header) return Refused(TokenFault::malformed);
  auto key = keys_->find(header->kid);
  if (!key) return Refused(TokenFault::unknown_key);
  if (header->algorithm != name_of(key->algorithm())) return Refused(TokenFault::wrong_algorithm);
  auto signature = base64url_decode(segments->signature);
  if (!signature) return Refused(TokenFault::malformed);
  if (!key->verify(segments->signed_part, *signature)) return Refused(TokenFault::bad_signature);

  if (!options_.type.empty() && !same_type(header->type, options_.type))
    return Refused(TokenFault::wrong_type);
  auto payload = base64url_decode(segments->payload);
  auto claims = payload ? decode_claims(*payload) : std::nullopt;
  if (!claims) return Refused(TokenFault::malformed);
  bool complete = !claims->subject.empty() && !claims->issuer.empty() && !claims->audience.empty() &&
                  claims->expires_at.ms != 0 && (!options_.require_id || !claims->id.empty());
  if (!complete) return Refused(TokenFault::missing_claim);
  if (claims->issuer != options_.issuer) return Refused(TokenFault::wrong_issuer);
  if (std::find(claims->audience.begin(), claims->audience.end(), options_.audience) ==
      claims->audience.end())
    return Refused(TokenFault::wrong_audience);
  return std::make_shared<const Claims>(std::move(*claims));
}

// What changes while a token lives.
std::optional<TokenFault> Verifier::refused_now(const Claims& claims) const {
  Time now = clock_.now();
  if (now >= claims.expires_at + options_.leeway) return TokenFault::expired;
  if (now + options_.leeway < claims.not_before) return TokenFault::not_yet_valid;
  if (revocations_->contains(claims.id) || revocations_->contains(claims.session)) return TokenFault::revoked;
  return std::nullopt;
}

void Verifier::add_key(NamedKey key) {
  keys_->add(std::move(key));
  cache_->clear();  // it may have taken the place of another
}

void Verifier::remove_key(std::string_view kid) {
  keys_->remove(kid);
  cache_->clear();
}

void Verifier::replace_keys(std::vector<NamedKey> keys) {
  keys_->replace(std::move(keys));
  cache_->clear();
}

bool Verifier::knows(std::string_view kid) const { return keys_->find(kid).has_value(); }
bool Verifier::has_keys() const { return !keys_->empty(); }
Verifier::CacheStatus Verifier::cache_status() const { return cache_->status(); }

}  // namespace portico::security
