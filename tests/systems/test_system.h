// A running shop for a test, in the mode that PORTICO_MODE names:
//   direct  one process, calls between services are function calls
//   wire    one process, every call is serialised and parsed back (the default)
//   split   the program `portico up shop --split`: a process a service
// Tests speak HTTP only, so one source serves all three.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/systems/http.h"

namespace portico::test {

enum class Mode { direct, wire, split };
Mode mode();

inline constexpr const char* internal_key_of_samples = "workshop_internal_key_2023";
HeaderLines internal_key();  // the header line with the right key

struct Account {
  std::string id, email, password, token;
};

using Settings = std::map<std::string, std::string>;  // configuration keys and values

class Shop {
 public:
  // All ports are free ones, the data folder is a temporary one, no rate limit, time-outs are
  // long enough for a busy machine, unless `settings` say otherwise. Ready when it returns.
  static std::unique_ptr<Shop> start(const Settings& settings = {});
  // One whose services can be killed in every mode: the built program, one process unless in split.
  static std::unique_ptr<Shop> start_mortal(const Settings& settings = {});
  virtual ~Shop() = default;
  Shop(const Shop&) = delete;
  Shop& operator=(const Shop&) = delete;

  // "http://127.0.0.1:port" of "gateway" or of a service.
  virtual std::string url(const std::string& where) const = 0;
  virtual std::string data() const = 0;  // the folder of databases and keys
  // All log lines so far.
  virtual std::string log() = 0;

  // In one process every call of the service fails at once with 503, its own port included, while events
  // still reach it. In split its process is stopped (SIGSTOP): calls of it run into their time-out, which
  // callers see as 504, and events wait.
  virtual void stop_service(const std::string& name) = 0;
  virtual void start_service(const std::string& name) = 0;
  // Ends the process of the service at once (SIGKILL), in which others may run too; it is started again. Only
  // in split or where it was started by `start_mortal`.
  virtual void kill_service(const std::string& name) = 0;
  // The next `times` calls of `endpoint` fail with 503. Only in one process; false in split.
  virtual bool fail(const std::string& service, const std::string& endpoint, int times) = 0;

  // From the test's own thread; other threads take an Http of their own.
  Reply ask(const std::string& where, const std::string& verb, const std::string& path,
            const std::string& body = {}, const HeaderLines& headers = {});
  Reply get(const std::string& where, const std::string& path, const HeaderLines& headers = {});
  Reply post(const std::string& where, const std::string& path, const std::string& body,
             const HeaderLines& headers = {});
  Reply put(const std::string& where, const std::string& path, const std::string& body,
            const HeaderLines& headers = {});
  Reply remove(const std::string& where, const std::string& path, const HeaderLines& headers = {});

  // Registers and signs in; the address is made from the name and is new every time.
  Account sign_up(const std::string& name);
  // The same account whenever the name is the same: a registration costs a password hash.
  const Account& user(const std::string& name);
  const Account& admin();
  std::string category();  // id of a category for the products of tests
  // Id of a new product; the price as it stands in JSON: "19.99".
  std::string product(const std::string& price, int stock, const std::string& name = "Lamp");
  int64_t stock(const std::string& product_id);
  size_t orders_of(const Account& account);
  Reply order(const Account& account, const std::vector<std::pair<std::string, int>>& items,
              HeaderLines headers = {});
  // Mails of the development outbox to the address, newest first.
  Reply mails_to(const std::string& email);

 protected:
  Shop() = default;
  Settings complete(const Settings& settings, const std::string& data) const;

 private:
  Http http_;
  std::map<std::string, Account> users_;
  std::string category_;
  int signed_up_ = 0;
};

// The shop that most tests share; started with the first of them, stopped after the last.
Shop& shop();

// The arguments by which a command of the program finds the shop: its data folder and ports.
std::vector<std::string> places_of(const Shop& shop);

// {"items":[{"productId":…,"quantity":…}]}
std::string order_body(const std::vector<std::pair<std::string, int>>& items);

}  // namespace portico::test
