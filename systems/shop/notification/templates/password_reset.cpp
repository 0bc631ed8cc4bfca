#include "systems/shop/notification/templates.h"

namespace shop::notification::templates {

const mail::Template password_reset{.name = "password-reset",
                                    .subject = "Your code to reset the password",
                                    .text = R"(Hello {{firstName}},

your code to set a new password is {{code}}. It is valid for {{minutes}} minutes and works once.

If you have not asked for it, do nothing: your password stays as it is. Nobody of us will ever ask for
the code.
)",
                                    .html = R"(<h1>Reset your password</h1>
<p>Hello {{firstName}}, your code to set a new password is</p>
<p style="font-size:28px;letter-spacing:6px"><strong>{{code}}</strong></p>
<p>It is valid for {{minutes}} minutes and works once.</p>
<p>If you have not asked for it, do nothing: your password stays as it is. Nobody of us will ever ask for the
code.</p>)"};

}  // namespace shop::notification::templates
