#include "portico/host/config.h"

#include <gtest/gtest.h>

#include <fstream>

namespace portico {
namespace {

Config sample() {
  return Config(
      {{.name = "gateway.port",
        .kind = ConfigKind::integer,
        .value = "3000",
        .variables = {"PORT"},
        .min = 1,
        .max = 65535},
       {.name = "log.level", .value = "info", .options = {"debug", "info", "warn"}},
       {.name = "user.jwt_expires_in",
        .kind = ConfigKind::duration,
        .value = "24h",
        .variables = {"JWT_EXPIRES_IN"}},
       {.name = "security.internal_key", .kind = ConfigKind::secret, .variables = {"INTERNAL_API_KEY"}},
       {.name = "gateway.cors_origins", .kind = ConfigKind::list},
       {.name = "payment", .kind = ConfigKind::boolean, .value = "false"}});
}

std::string message_of(auto&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(Config, LaterSourcesWinAndSayWhere) {
  Config config = sample();
  config.read_toml("[gateway]\nport = 3100\ncors_origins = [\"https://a.example\", \"https://b.example\"]\n",
                   "shop.toml");
  EXPECT_EQ(config.integer("gateway.port"), 3100);
  EXPECT_EQ(config.list("gateway.cors_origins").size(), 2u);
  config.read_environment([](std::string_view name) -> std::optional<std::string> {
    if (name == "PORT") return "3200";
    if (name == "JWT_EXPIRES_IN") return "15m";
    return std::nullopt;
  });
  EXPECT_EQ(config.integer("gateway.port"), 3200);
  EXPECT_EQ(config.duration("user.jwt_expires_in"), std::chrono::minutes(15));
  config.set("gateway.port", "3300", "--port");
  EXPECT_EQ(config.integer("gateway.port"), 3300);
  EXPECT_EQ(config.entries()[0].origin, "--port");
}

TEST(Config, NamesEveryProblemOfASourceAndSuggests) {
  Config config = sample();
  std::string text = message_of([&] {
    config.read_toml("gatway.port = 1\n[gateway]\nport = 70000\n[log]\nlevel = \"loud\"\n", "shop.toml");
  });
  EXPECT_NE(text.find("did you mean gateway.port?"), std::string::npos) << text;
  EXPECT_NE(text.find("must be at most 65535 (shop.toml:3)"), std::string::npos) << text;
  EXPECT_NE(text.find("must be one of debug, info, warn"), std::string::npos) << text;
  EXPECT_NE(message_of([&] { config.read_toml("a = [", "x.toml"); }).find("x.toml:1"), std::string::npos);
  EXPECT_NE(message_of([&] { config.set("user.jwt_expires_in", "soon", "--x"); }).find("duration"),
            std::string::npos);
}

TEST(Config, SecretsComeFromFilesAndAreNeverShown) {
  std::string path = testing::TempDir() + "/portico_config_secret";
  std::ofstream(path) << "s3cret-value\n";
  Config config = sample();
  config.read_environment([&](std::string_view name) -> std::optional<std::string> {
    if (name == "INTERNAL_API_KEY_FILE") return path;
    return std::nullopt;
  });
  EXPECT_EQ(config.secret("security.internal_key").reveal(), "s3cret-value");
  for (const Config::Entry& entry : config.entries())
    EXPECT_EQ(entry.shown.find("s3cret"), std::string::npos);
  std::string text = message_of([&] {
    config.read_environment([](std::string_view name) -> std::optional<std::string> {
      if (name == "INTERNAL_API_KEY_FILE") return "/nowhere/key";
      return std::nullopt;
    });
  });
  EXPECT_NE(text.find("/nowhere/key"), std::string::npos);
}

}  // namespace
}  // namespace portico
