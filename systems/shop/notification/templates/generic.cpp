#include "systems/shop/notification/templates.h"

namespace shop::notification::templates {

const mail::Template generic{.name = "generic",
                             .subject = "{{title}}",
                             .text = R"({{title}}

{{description}}
)",
                             .html = R"(<h1>{{title}}</h1>
<p style="white-space:pre-line">{{description}}</p>)"};

}  // namespace shop::notification::templates
