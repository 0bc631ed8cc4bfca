// Codes of a few digits that prove possession of a mailbox or telephone, once.
#pragma once

#include <string>
#include <string_view>

#include "portico/base/secret.h"
#include "portico/base/time.h"
#include "portico/runtime/runtime.h"

namespace portico::security {

inline constexpr int code_digits = 6;
inline constexpr int code_tries_max = 5;
inline constexpr Duration code_lifetime_default = std::chrono::minutes(10);  // NIST SP 800-63B allows no more

// What a service stores of a code it has sent: enough to check it, not enough to read it without the server's
// key. A new code for the same purpose and account takes the old one's place.
struct OneTimeCode {
  std::string mac;  // hexadecimal HMAC-SHA256 of purpose, account and code
  Time expires_at;
  int tries = 0;  // wrong ones so far
  bool used = false;
  bool operator==(const OneTimeCode&) const = default;
};

struct IssuedCode {
  Secret code;  // to be sent, never stored or logged
  OneTimeCode state;
};

// A uniformly random code with `code_digits` digits. `purpose` is a constant of the caller without '|'
// ("login").
IssuedCode issue_code(const Secret& server_key, std::string_view purpose, std::string_view account, Time now,
                      Random& random, Duration lifetime = code_lifetime_default);

enum class CodeOutcome {
  accepted,
  wrong,  // may be tried again
  expired,
  exhausted,  // used already, or after `code_tries_max` wrong tries: even the right code no longer helps
};

struct CodeCheck {
  CodeOutcome outcome;
  OneTimeCode state;  // to be stored in place of the old one, under a condition on its version: parallel
                      // guesses count
};

// Takes the same time whatever `code` is. Everything but the right code counts as a try.
CodeCheck check_code(OneTimeCode state, const Secret& server_key, std::string_view purpose,
                     std::string_view account, std::string_view code, Time now);

}  // namespace portico::security
