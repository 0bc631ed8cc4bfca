#include "portico/observe/redact.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "portico/observe/log.h"
#include "portico/observe/utf8.h"

namespace portico {
namespace {

using namespace std::string_view_literals;

char lower(char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z'); }

// A stem that gives a key away, and the words in which it is harmless: with these before or after it.
struct Stem {
  std::string_view text;
  std::initializer_list<std::string_view> before = {}, after = {};
};
constexpr Stem stems[] = {
    {"passw"},
    {"passphrase"},
    {"pwd"},
    {"secret"},
    {"credential"},
    {"token"},
    {"cookie"},
    {"cvv"},
    {"key", {"routing", "partition"}, {"board", "word"}},
    {"auth", {}, {"or"}},  // author, but see "authoriz" below
    {"authoriz"},
    {"authoris"},
    {"otp", {"fo"}, {}},  // footprint
    {"card", {"dis", "wild"}, {"inal"}},
    {"code",
     {"status", "error", "exit", "country", "currency", "language", "zip", "post", "postal"},
     {"c"}},  // codec
};

// The letters that stems begin with, as bits: most places of most keys are passed over by one look at them.
constexpr uint32_t first_letters = [] {
  uint32_t letters = 0;
  for (const Stem& stem : stems) letters |= 1u << (stem.text.front() - 'a');
  return letters;
}();

bool may_begin_a_stem(char c) { return c >= 'a' && c <= 'z' && (first_letters >> (c - 'a') & 1); }

bool gives_away(std::string_view key, size_t at) {
  std::string_view rest = key.substr(at);
  for (const Stem& stem : stems) {
    if (rest.size() < stem.text.size() || rest[0] != stem.text[0] || rest[1] != stem.text[1]) continue;
    if (!rest.starts_with(stem.text)) continue;
    auto precedes = [&](std::string_view word) { return key.substr(0, at).ends_with(word); };
    auto follows = [&](std::string_view word) { return rest.substr(stem.text.size()).starts_with(word); };
    if (!std::ranges::any_of(stem.before, precedes) && !std::ranges::any_of(stem.after, follows)) return true;
  }
  return false;
}

// What may stand in the local part of an address. Delimiters of URLs and of lists are left out, although RFC
// 5322 allows some of them: hiding a little less of a strange address is better than hiding what stands
// beside it.
bool is_local(char c) { return is_alnum(c) || uint8_t(c) >= 0x80 || ".!#$%*+-_^`{|}~'"sv.contains(c); }
bool is_domain(char c) { return is_alnum(c) || uint8_t(c) >= 0x80 || c == '.' || c == '-'; }

// The sign between local part and domain at `at`, as itself or as it stands in URLs; 0 where there is none.
size_t at_sign(std::string_view text, size_t at) {
  if (text[at] == '@') return 1;
  return text.substr(at).starts_with("%40") ? 3 : 0;
}

std::string mask_addresses(std::string_view text) {
  std::string out;
  size_t copied = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    size_t sign = at_sign(text, at);
    if (sign == 0) continue;
    size_t begin = at;
    while (begin > copied && is_local(text[begin - 1])) --begin;
    size_t after = at + sign;
    bool domain =
        after < text.size() && (text[after] == '[' || (is_domain(text[after]) && text[after] != '-'));
    if (begin == at || !domain) continue;
    size_t first = observe::decode_utf8(text.substr(begin, at - begin)).size;
    out.append(text.substr(copied, begin + first - copied)).append("***");
    copied = at;
    at = after - 1;
  }
  return out.append(text.substr(copied));
}

// scheme://user:password@host -> scheme://[redacted]@host
std::string hide_user_information(std::string_view text) {
  std::string out;
  while (true) {
    size_t begin = text.find("://");
    if (begin == std::string_view::npos) return out.append(text);
    begin += 3;
    out.append(text.substr(0, begin));
    text.remove_prefix(begin);
    // The last one counts: a password may hold the sign unescaped.
    size_t authority = std::min(text.find_first_of("/?# \t\r\n\"<>"), text.size());
    size_t sign = text.substr(0, authority).rfind('@');
    if (sign == std::string_view::npos) continue;
    out.append(observe::redacted);
    text.remove_prefix(sign);
  }
}

// ?token=abc&page=2 -> ?token=[redacted]&page=2
std::string hide_parameters(std::string_view text) {
  std::string out;
  size_t copied = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '?' && text[i] != '&' && text[i] != '#') continue;
    size_t name_end = text.find_first_of("=&#? \t\r\n\"", i + 1);
    if (name_end == std::string_view::npos) break;
    if (text[name_end] != '=' || !is_sensitive_key(text.substr(i + 1, name_end - i - 1))) continue;
    size_t end = std::min(text.find_first_of("&# \t\r\n\"", name_end), text.size());
    out.append(text.substr(copied, name_end + 1 - copied)).append(observe::redacted);
    copied = end;
    i = end - 1;
  }
  return out.append(text.substr(copied));
}

}  // namespace

bool is_sensitive_key(std::string_view key) {
  constexpr size_t key_bytes_max = 64;
  std::array<char, key_bytes_max> letters;
  size_t count = 0;
  for (char c : key) {
    if (c == '_' || c == '-' || c == '.' || c == ' ') continue;  // api_key, X-Api-Key and apiKey are one
    if (count == key_bytes_max) return true;  // too long to be a name: rather nothing shown
    letters[count++] = lower(c);
  }
  std::string_view plain(letters.data(), count);
  for (size_t at = 0; at < plain.size(); ++at)
    if (may_begin_a_stem(plain[at]) && gives_away(plain, at)) return true;
  return false;
}

std::string mask_email(std::string_view text) { return mask_addresses(text); }

namespace observe {

std::string_view presentable(std::string_view text, bool mask, std::string& scratch) {
  bool cut = text.size() > value_bytes_max;
  size_t size = text.size();
  text = cut_utf8(text, value_bytes_max);
  auto replace = [&](std::string changed) {
    scratch = std::move(changed);
    text = scratch;
  };
  bool sign = text.contains('@');
  if (sign && text.contains("://")) replace(hide_user_information(text));
  if (text.contains('=') && text.find_first_of("?&") != std::string_view::npos)
    replace(hide_parameters(text));
  if (mask && (sign || text.contains("%40"))) replace(mask_addresses(text));
  if (cut) replace(std::string(text) + "... (" + std::to_string(size) + " bytes)");
  return text;
}

}  // namespace observe
}  // namespace portico
