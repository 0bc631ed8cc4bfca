// The workshop's own scripts against the shop, as they stand but for the ports.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>

#include "tests/systems/process.h"
#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::pair<const char*, const char*> ports[] = {
    {"3001", "user"}, {"3002", "product"}, {"3003", "order"}, {"3004", "notification"}};

std::string port_of(const std::string& service) {
  std::string url = shop().url(service);
  return url.substr(url.rfind(':') + 1);
}

Outcome run_script(const std::string& name) {
  TemporaryFolder folder;
  std::string text = content_of(std::string(PORTICO_SOURCE) + "/tests/systems/seed/" + name);
  for (const auto& [port, service] : ports)
    for (size_t at = text.find(port); at != text.npos; at = text.find(port, at + 4))
      text.replace(at, 4, port_of(service));
  std::string path = folder.path() + "/" + name;
  std::ofstream(path) << text;
  return run({.arguments = {"/bin/bash", path}, .environment = {}, .folder = folder.path(), .output = {}});
}

// The JSON document that follows a label on its line.
boost::json::value document_after(const std::string& text, const std::string& label) {
  size_t at = text.find(label);
  if (at == text.npos) return nullptr;
  at += label.size();
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text.substr(at, text.find('\n', at) - at), error);
  return error ? boost::json::value() : value;
}

std::string at(const boost::json::value& value, const char* pointer) {
  boost::system::error_code error;
  const boost::json::value* found = value.find_pointer(pointer, error);
  return found && found->is_string() ? std::string(found->get_string()) : "";
}

TEST(SeedScripts, ServicesAreHealthyAndAPersonComesFromRegistrationToAnOrder) {
  Outcome outcome = run_script("test-services.sh");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  for (const auto& [port, service] : ports)
    EXPECT_THAT(outcome.out, HasSubstr("Port " + port_of(service) + ": Healthy"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("Not responding")));

  boost::json::value created = document_after(outcome.out, "User creation response: ");
  EXPECT_EQ(at(created, "/data/user/email"), "john.doe@example.com") << outcome.out;
  boost::json::value signed_in = document_after(outcome.out, "Login response: ");
  std::string token = at(signed_in, "/data/token");
  EXPECT_FALSE(token.empty()) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("Token obtained: " + token.substr(0, 20) + "..."));
  // jq prints the profile, then the order for a product that does not exist, which is named.
  EXPECT_THAT(outcome.out, HasSubstr(R"("firstName": "John")"));
  EXPECT_THAT(outcome.out, HasSubstr("sample-product-id"));
  EXPECT_THAT(outcome.out, HasSubstr(R"("success": false)"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("Could not extract token")));
}

TEST(SeedScripts, TestDataIsCreatedAndCanBeOrdered) {
  Outcome outcome = run_script("create-test-data.sh");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  boost::json::value category = document_after(outcome.out, "Category created: ");
  std::string category_id = at(category, "/data/category/id");
  ASSERT_FALSE(category_id.empty()) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("Category ID: " + category_id));
  boost::json::value laptop = document_after(outcome.out, "Product 1 created: ");
  boost::json::value mouse = document_after(outcome.out, "Product 2 created: ");
  EXPECT_EQ(at(laptop, "/data/product/name"), "Laptop Computer") << outcome.out;
  EXPECT_EQ(at(laptop, "/data/product/categoryId"), category_id);

  const Account& buyer = shop().user("buyer");
  Reply order =
      shop().order(buyer, {{at(laptop, "/data/product/id"), 1}, {at(mouse, "/data/product/id"), 2}});
  ASSERT_EQ(order.status, 201) << order;
  EXPECT_EQ(order.text("/data/order/status"), "confirmed");
  EXPECT_EQ(order.cents("/data/order/totalAmount"), 99999 + 2 * 2999);
}

}  // namespace
}  // namespace portico::test
