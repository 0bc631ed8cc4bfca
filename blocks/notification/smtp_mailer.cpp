#include "blocks/notification/smtp_mailer.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <mutex>

namespace portico::mail {
namespace {

constexpr const char* ambiguous = "mail.ambiguous";
constexpr Duration answer_slack = std::chrono::milliseconds(200);

struct CloseHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeMime {
  void operator()(curl_mime* mime) const { curl_mime_free(mime); }
};
using Handle = std::unique_ptr<CURL, CloseHandle>;
using List = std::unique_ptr<curl_slist, FreeList>;
using Mime = std::unique_ptr<curl_mime, FreeMime>;

void append(List& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (!longer) throw std::bad_alloc();
  list.release();
  list.reset(longer);
}

// RFC 5322 section 3.3
std::string mail_date(Time now) {
  constexpr std::string_view days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};  // from 1970-01-01
  constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::string iso = to_string(now);  // 2026-11-21T13:16:00.123Z
  int month = (iso[5] - '0') * 10 + iso[6] - '0';
  return fmt::format("{}, {} {} {} {} +0000", days[size_t(now.ms / 86'400'000 % 7)], iso.substr(8, 2),
                     months[month - 1], iso.substr(0, 4), iso.substr(11, 8));
}

std::string display_name(const std::string& name) {
  if (name.empty()) return "";
  std::string text = header_text(name);
  return (text == name ? "\"" + text + "\"" : text) + " ";
}

void add_part(curl_mime* mime, const std::string& body, const char* type) {
  curl_mimepart* part = curl_mime_addpart(mime);
  curl_mime_data(part, body.data(), body.size());
  curl_mime_type(part, type);
  curl_mime_encoder(part, "quoted-printable");
}

Error failure_of(CURLcode code, long answer) {
  // RFC 5321 section 4.1.1.4: the server takes the mail now. Whatever came after that is not known.
  constexpr long go_ahead = 354;
  std::string note = fmt::format("{}, last answer {}", curl_easy_strerror(code), answer);
  if (answer == go_ahead)
    return Error(unavailable, ambiguous, "The mail server did not confirm the mail").with_note(note);
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
      return Error(unavailable, "mail.unreachable", "The mail server cannot be reached").with_note(note);
    case CURLE_LOGIN_DENIED:
      return Error(unavailable, "mail.login", "The mail server refuses the login").with_note(note);
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
      return Error(unavailable, "mail.tls", "The mail server has no TLS that can be trusted").with_note(note);
    default:
      return Error(unavailable, "mail.refused", "The mail server did not take the mail").with_note(note);
  }
}

bool is_loopback(std::string_view url) {
  std::string_view host = url.substr(url.find("://") + 3);
  return host.starts_with("127.0.0.1") || host.starts_with("[::1]") || host.starts_with("localhost");
}

}  // namespace

// What outlives the mailer while a mail is on its way.
struct SmtpMailer::Server {
  SmtpOptions options;
  Mailbox from;
  bool plain = false;
  std::mutex mutex;
  Handle idle;                        // with its connection
  std::optional<Error> last_failure;  // nothing after a success

  explicit Server(SmtpOptions o) : options(std::move(o)) {
    bool smtp = options.url.starts_with("smtp://"), smtps = options.url.starts_with("smtps://");
    if (!smtp && !smtps)
      throw Error(invalid, "mail.url", "SMTP_URL must be like smtp://host:587 or smtps://host:465");
    std::optional<Mailbox> box = parse_mailbox(options.from);
    if (!box) throw Error(invalid, "mail.from", "MAIL_FROM must be like Shop <shop@example.com>");
    from = std::move(*box);
    plain = options.allow_plain || (is_loopback(options.url) && options.username.empty());
  }

  Handle take() {
    {
      std::lock_guard lock(mutex);
      if (idle) return std::move(idle);
    }
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    Handle handle(ready == CURLE_OK ? curl_easy_init() : nullptr);
    if (!handle) throw Error(unavailable, "mail.unreachable", "The mail server cannot be reached");
    return handle;
  }

  void give_back(Handle handle, std::optional<Error> failure) {
    std::lock_guard lock(mutex);
    idle = failure ? nullptr : std::move(handle);
    // That a single mail was refused says nothing about the next.
    if (!failure || failure->reason() != "mail.refused") last_failure = std::move(failure);
  }

  void set_up(CURL* handle, Duration time) const {
    auto ms = [](Duration span) {
      return long(std::chrono::duration_cast<std::chrono::milliseconds>(span).count());
    };
    curl_easy_reset(handle);  // keeps the connection
    curl_easy_setopt(handle, CURLOPT_URL, options.url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(handle, CURLOPT_USE_SSL, long(plain ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, ms(options.connect_timeout));
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, ms(time));
    curl_easy_setopt(handle, CURLOPT_MAIL_FROM, ("<" + from.address + ">").c_str());
    if (!options.username.empty()) {
      curl_easy_setopt(handle, CURLOPT_USERNAME, options.username.c_str());
      curl_easy_setopt(handle, CURLOPT_PASSWORD, options.password.reveal().c_str());
    }
  }

  List headers(const Letter& letter, Time now) const {
    List list;
    std::string sender = "<" + from.address + ">";
    append(list, "Date: " + mail_date(now));
    append(list, "From: " + display_name(from.name) + sender);
    append(list, "To: <" + letter.to + ">");
    append(list, "Subject: " + header_text(letter.subject));
    append(list, "Message-ID: " + message_id(letter, from));
    append(list, "Auto-Submitted: auto-generated");
    return list;
  }

  // Blocks for as long as the server takes, at most `time`.
  void send(const Letter& letter, Time now, Duration time) {
    Handle handle = take();
    set_up(handle.get(), time);
    List lines = headers(letter, now);
    List recipients;
    append(recipients, "<" + letter.to + ">");
    Mime parts(curl_mime_init(handle.get())), whole(curl_mime_init(handle.get()));
    add_part(parts.get(), letter.text, "text/plain; charset=utf-8");
    if (!letter.html.empty()) add_part(parts.get(), letter.html, "text/html; charset=utf-8");
    curl_mimepart* part = curl_mime_addpart(whole.get());
    curl_mime_subparts(part, parts.release());
    curl_mime_type(part, "multipart/alternative");
    curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, lines.get());
    curl_easy_setopt(handle.get(), CURLOPT_MAIL_RCPT, recipients.get());
    curl_easy_setopt(handle.get(), CURLOPT_MIMEPOST, whole.get());
    CURLcode code = curl_easy_perform(handle.get());
    long answer = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &answer);
    curl_easy_reset(handle.get());  // before what it points to goes
    std::optional<Error> failure;
    if (code != CURLE_OK) failure = failure_of(code, answer);
    give_back(std::move(handle), failure);
    if (failure) throw std::move(*failure);
  }
};

SmtpMailer::SmtpMailer(Runtime& runtime, SmtpOptions options)
    : runtime_(runtime), server_(std::make_shared<Server>(std::move(options))) {}

SmtpMailer::~SmtpMailer() = default;

Task<std::string> SmtpMailer::send(Call& call, Letter letter) {
  if (!is_address(letter.to)) throw Error(invalid, "mail.address", "The mail has no acceptable address");
  std::string id = message_id(letter, server_->from);
  co_await one_at_a_time_.lock();
  std::lock_guard held(one_at_a_time_, std::adopt_lock);
  call.check_deadline();
  // The answer comes before the caller gives up: what is sent then would be sent again.
  std::move_only_function<void()> work = [server = server_, letter = std::move(letter), now = call.now(),
                                          runtime = &runtime_, until = call.deadline() - answer_slack] {
    const Duration left = until - runtime->steady();
    if (left < answer_slack) throw Error(too_late, "mail.too_late", "There was no time left for the mail");
    server->send(letter, now, std::min(server->options.timeout, left));
  };
  std::optional<Error> failure;
  try {
    co_await runtime_.offload(std::move(work));
  } catch (const Error& error) {
    failure = error;
  }
  if (!failure) co_return id;
  if (failure->reason() == ambiguous)
    call.observer()
        .metrics.counter("mail_ambiguous_total", "Mails whose taking over the server did not confirm")
        .add();
  throw std::move(*failure);
}

Task<void> SmtpMailer::check(Call&) {
  std::optional<Error> failure;
  {
    std::lock_guard lock(server_->mutex);
    failure = server_->last_failure;
  }
  if (failure) throw std::move(*failure);
  co_return;
}

}  // namespace portico::mail
