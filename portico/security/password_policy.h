// What a new password must be like. Length and guesses, no rules about kinds of characters (NIST SP 800-63B).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "portico/base/error.h"

namespace portico::security {

struct PasswordPolicy {
  size_t length_min =
      8;  // in characters (code points); 15 where it is the only factor and the system allows it
  size_t length_max = 128;
  bool refuse_common = true;  // among the first that anybody would try
};

// What is wrong with the password, for the one who chose it; nothing when it will do. `pointer` says where it
// stood.
std::optional<Violation> check_new_password(std::string_view password, const PasswordPolicy& policy = {},
                                            std::string pointer = "/password");

// Whether it is one of the passwords tried first, in any case and with up to six digits or marks at its end.
bool is_common_password(std::string_view password);

}  // namespace portico::security
