#include "blocks/notification/template.h"

#include <gtest/gtest.h>

namespace portico::mail {
namespace {

enum class Colour { red, blue };
PORTICO_DESCRIBE_ENUM(Colour, red, blue)

struct Line {
  std::string name;
  Money price;
};
PORTICO_DESCRIBE(Line, name, price)

struct Letterhead {
  std::string customer;
  std::vector<Line> lines;
  std::vector<std::string> tags;
  std::optional<std::string> note;
  Nullable<Line> gift;
  Time made_at;
  Date due;
  bool paid = false;
  Colour colour = Colour::red;
  int64_t count = 0;
};
PORTICO_DESCRIBE(Letterhead, customer, lines, tags, note, gift, made_at, due, paid, colour, count)

std::string text_of(std::string_view text, const Letterhead& letterhead) {
  Template source{.name = "t", .subject = "s", .text = text, .html = "h"};
  EXPECT_EQ(faults(source, schema::type_of<Letterhead>()), std::vector<std::string>{}) << text;
  return render(source, letterhead).text;
}

TEST(Template, ShowsEveryKindOfMember) {
  Letterhead letterhead{.customer = "Jane",
                        .lines = {{"Lamp", Money{4599}}, {"Desk", Money{-5}}},
                        .tags = {"a", "b"},
                        .made_at = *parse_time("2026-01-05T13:16:59.999Z"),
                        .due = *parse_date("2026-02-03"),
                        .colour = Colour::blue,
                        .count = -3};
  EXPECT_EQ(text_of("{{customer}} {{count}} {{colour}}", letterhead), "Jane -3 blue");
  EXPECT_EQ(text_of("{{madeAt}}; {{due}}", letterhead), "5 January 2026, 13:16 UTC; 2026-02-03");
  EXPECT_EQ(text_of("{{#lines}}{{name}}={{price}} for {{customer}};{{/lines}}", letterhead),
            "Lamp=45.99 for Jane;Desk=-0.05 for Jane;");
  EXPECT_EQ(text_of("{{#tags}}[{{.}}]{{/tags}}", letterhead), "[a][b]");
}

TEST(Template, LeavesOutWhatIsAbsent) {
  Letterhead letterhead;
  EXPECT_EQ(text_of("{{#note}}{{note}}{{/note}}{{^note}}none{{/note}}", letterhead), "none");
  EXPECT_EQ(text_of("{{#gift}}{{name}}{{/gift}}|{{#paid}}paid{{/paid}}|{{#lines}}x{{/lines}}", letterhead),
            "||");
  letterhead.note = "now";
  letterhead.gift = Line{"Bow", Money{0}};
  letterhead.paid = true;
  EXPECT_EQ(text_of("{{#note}}{{note}}{{/note}}", letterhead), "now");
  EXPECT_EQ(text_of("{{#gift}}{{name}}{{/gift}}|{{#paid}}paid{{/paid}}", letterhead), "Bow|paid");
}

TEST(Template, EscapesInHtmlOnlyAndNeverReadsValuesAsMustache) {
  Template source{
      .name = "t", .subject = "{{customer}}", .text = "{{customer}}", .html = "<p>{{customer}}</p>"};
  Letterhead letterhead{.customer = "<i>&\"'{{count}}{{{note}}}"};
  Rendered mail = render(source, letterhead);
  EXPECT_EQ(mail.subject, letterhead.customer);
  EXPECT_EQ(mail.text, letterhead.customer);
  EXPECT_NE(mail.html.find("<p>&lt;i&gt;&amp;&quot;&apos;{{count}}{{{note}}}</p>"), std::string::npos)
      << mail.html;
  EXPECT_NE(mail.html.find("<title>&lt;i&gt;"), std::string::npos);
}

TEST(Template, NamesWhatTheStructDoesNotHave) {
  Template source{.name = "t",
                  .subject = "{{customr}}",
                  .text = "{{#lines}}{{title}}{{name}}{{/lines}}{{name}}",
                  .html = "{{#gift}}{{price}}{{^paid}}{{{prices}}}{{/paid}}{{/gift}}{{&count}}"};
  EXPECT_EQ(faults(source, schema::type_of<Letterhead>()),
            (std::vector<std::string>{"subject: customr is not provided", "text: title is not provided",
                                      "text: name is not provided", "html: prices is not provided"}));
}

TEST(Template, NamesBrokenSyntax) {
  Template source{.name = "t", .subject = "{{#paid}}", .text = "{{count", .html = ""};
  auto wrong = faults(source, schema::type_of<Letterhead>());
  ASSERT_GE(wrong.size(), 2u);
  EXPECT_TRUE(wrong[0].starts_with("subject: ")) << wrong[0];
  EXPECT_TRUE(wrong[1].starts_with("text: ")) << wrong[1];
}

}  // namespace
}  // namespace portico::mail
