#include "portico/security/secrets.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "portico/security/test_support.h"

namespace portico::security {
namespace {

const std::string strong = "q8Zs0Vb3kX1tLr7uYp5cNe9hWm2aJd4f";

class Secrets : public testing::Test {
 protected:
  std::string write(std::string_view name, std::string_view content) {
    std::ofstream(folder.file(name), std::ios::binary) << content;
    return folder.file(name);
  }
  std::string reason(std::string_view name = "JWT_SECRET") {
    auto found = source.find(name);
    return found ? "found" : found.error().reason();
  }

  TemporaryFolder folder;
  std::map<std::string, std::string, std::less<>> environment;
  SecretSource source{[this](std::string_view name) -> std::optional<std::string> {
    auto variable = environment.find(name);
    return variable == environment.end() ? std::nullopt : std::optional(variable->second);
  }};
};

TEST_F(Secrets, ComeFromTheVariableAFileOrTheCredentialsFolder) {
  EXPECT_FALSE(source.find("JWT_SECRET")->has_value());
  environment["JWT_SECRET"] = "from the variable";
  EXPECT_EQ((*source.find("JWT_SECRET"))->reveal(), "from the variable");
  environment = {{"JWT_SECRET_FILE", write("a", "from the file\r\n\n")}, {"JWT_SECRET", ""}};
  EXPECT_EQ((*source.find("JWT_SECRET"))->reveal(), "from the file");
  write("JWT_SECRET", " from the folder ");
  environment = {{"CREDENTIALS_DIRECTORY", folder.file(".")}};
  EXPECT_EQ((*source.find("JWT_SECRET"))->reveal(), " from the folder ");
  EXPECT_FALSE(source.find("OTHER_SECRET")->has_value());
}

TEST_F(Secrets, FilesThatCannotServeAreErrors) {
  environment["JWT_SECRET_FILE"] = folder.file("none");
  EXPECT_EQ(reason(), "secret.file_unreadable");
  environment["JWT_SECRET_FILE"] = folder.file("");
  EXPECT_EQ(reason(), "secret.file_unreadable");
  environment["JWT_SECRET_FILE"] = write("empty", "\n");
  EXPECT_EQ(reason(), "secret.file_empty");
  environment["JWT_SECRET_FILE"] = write("zero", std::string_view("a\0b", 3));
  EXPECT_EQ(reason(), "secret.file_invalid");
  environment["JWT_SECRET_FILE"] = write("edge", std::string(secret_file_bytes_max, 'x'));
  EXPECT_EQ(reason(), "found");
  environment["JWT_SECRET_FILE"] = write("large", std::string(secret_file_bytes_max + 1, 'x'));
  EXPECT_EQ(reason(), "secret.file_invalid");
  environment["JWT_SECRET"] = "both";
  EXPECT_EQ(reason(), "secret.ambiguous");
}

TEST_F(Secrets, MissingOnesSayWhatToDo) {
  auto missing = source.require("JWT_SECRET");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().reason(), "secret.missing");
  EXPECT_NE(missing.error().message().find("JWT_SECRET_FILE"), std::string::npos);
}

TEST_F(Secrets, ProductionTakesOnlyStrongOnes) {
  environment["JWT_SECRET"] = strong;
  EXPECT_EQ(source.require_strong("JWT_SECRET")->reveal(), strong);
  environment["JWT_SECRET"] = strong.substr(1);
  EXPECT_EQ(source.require_strong("JWT_SECRET").error().reason(), "secret.short");
  EXPECT_TRUE(source.require("JWT_SECRET"));
  EXPECT_EQ(source.require_strong("NOTHING").error().reason(), "secret.missing");
}

TEST_F(Secrets, RefusalsNameTheVariableAndNeverTheValue) {
  for (const char* value : {"workshop_internal_key_2023", "q8Zs0Vb3kX1t"}) {
    auto error = refuse_in_production("INTERNAL_API_KEY", Secret(value));
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code(), Code::invalid);
    EXPECT_NE(error->message().find("INTERNAL_API_KEY"), std::string::npos);
    EXPECT_NE(error->message().find("random"), std::string::npos);
    EXPECT_EQ(std::string(error->what()).find(value), std::string::npos);
  }
  EXPECT_FALSE(refuse_in_production("INTERNAL_API_KEY", Secret(strong)));
}

TEST_F(Secrets, SamplesAreKnown) {
  for (const char* sample : {"workshop_internal_key_2023",
                             "user_service_jwt_secret_key",
                             "product_service_jwt_secret_key",
                             "order_service_jwt_secret_key",
                             "notification_service_jwt_secret_key",
                             "USER-SERVICE-JWT-SECRET-KEY",
                             "changeme",
                             "change_me",
                             "secret",
                             "Secret123",
                             "password",
                             "Password123!",
                             "your_jwt_secret",
                             "your-secret-key",
                             "my secret key",
                             "supersecret",
                             "please-change-this-to-a-very-long-random-secret",
                             "jwt_secret_key_2024",
                             "admin",
                             "12345678901234567890",
                             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                             "abcabcabcabcabcabcabcabcabcabcabcabc",
                             "",
                             "default",
                             "root",
                             "guest"})
    EXPECT_TRUE(is_sample_secret(sample)) << sample;
  for (const char* value : {strong.c_str(), "3b6f0c1e-9d6c-4d58-8f0e-7b8c0f4be6a1", "rT_9xQ-7b",
                            "4029357733918450294873650192837465"})
    EXPECT_FALSE(is_sample_secret(value)) << value;
}

}  // namespace
}  // namespace portico::security
