// Mails: as they are asked for, and as they are kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "portico/schema/describe.h"

namespace portico::mail {

// A mail as it was handed over, for the development outbox.
struct Mail {
  Id<Mail> id;
  std::string from;
  std::string to;
  std::string subject;
  std::string text;
  std::string html;
  std::string template_name;
  Time sent_at;
};
PORTICO_DESCRIBE(Mail, id, from, to, subject, text, html, template_name, sent_at)

// A mail to be sent. Letters of the same id are the same mail: it names the notification, not the try.
struct Letter {
  Id<Mail> id;
  std::string to;       // one address
  std::string subject;  // sent on one line, whatever is in it
  std::string text;
  std::string html;
  std::string template_name;
};

// "Shop <shop@example.com>", or the address alone.
struct Mailbox {
  std::string name;  // may be empty
  std::string address;
};
std::optional<Mailbox> parse_mailbox(std::string_view text);

// Whether it is one address and nothing else: no list, no name, no line break.
bool is_address(std::string_view text);
// Line breaks and other control characters become spaces: no header can be smuggled in behind.
std::string one_line(std::string_view text);
// A header's text in ASCII (RFC 2047 where it has other characters), folded behind 75 characters.
std::string header_text(std::string_view text);
// The name of a mail that is the same at every try: "<id@domain of the sender>".
std::string message_id(const Letter& letter, const Mailbox& from);

}  // namespace portico::mail
