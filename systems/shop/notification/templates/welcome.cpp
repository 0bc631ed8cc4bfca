#include "systems/shop/notification/templates.h"

namespace shop::notification::templates {

const mail::Template welcome{.name = "welcome",
                             .subject = "Welcome, {{firstName}}",
                             .text = R"(Hello {{firstName}} {{lastName}},

your account for {{email}} is ready. Sign in here:
{{loginUrl}}

If it was not you who registered, ignore this mail.
)",
                             .html = R"(<h1>Welcome, {{firstName}}</h1>
<p>Hello {{firstName}} {{lastName}}, your account for {{email}} is ready.</p>
<p><a href="{{loginUrl}}">Sign in</a></p>
<p>If it was not you who registered, ignore this mail.</p>)"};

}  // namespace shop::notification::templates
