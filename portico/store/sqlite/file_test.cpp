// What can be wrong with a database file, and that each is said with the file and the remedy.
#include <fmt/format.h>

#include <fstream>

#include "portico/store/sqlite/connection.h"
#include "portico/store/sqlite/digest.h"
#include "portico/store/sqlite/test_support.h"

namespace portico::sqlite {
namespace {

class StoreFile : public StoreFixture {
 protected:
  void expect(const Error& error, std::string_view reason, std::string_view remedy) {
    EXPECT_EQ(error.reason(), reason) << error.message();
    EXPECT_NE(error.message().find(path()), std::string::npos) << error.message();
    EXPECT_NE(error.message().find(remedy), std::string::npos) << error.message();
  }
  void overwrite(std::string_view bytes, std::streamoff offset) {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(offset);
    file.write(bytes.data(), std::streamsize(bytes.size()));
  }
};

TEST_F(StoreFile, IsMadeWhenThereIsNone) {
  open();
  EXPECT_EQ(write("n1"), "");
  close();
  EXPECT_TRUE(std::filesystem::exists(path()));
  // The log has been copied into the file and is gone.
  EXPECT_FALSE(std::filesystem::exists(path() + "-wal"));
}

TEST_F(StoreFile, UsesTheSettingsThatDurabilityNeeds) {
  open();
  close();
  Connection connection({.path = path()});
  EXPECT_EQ(connection.single("PRAGMA synchronous"), 2);
  EXPECT_EQ(connection.single("PRAGMA foreign_keys"), 1);
  EXPECT_EQ(connection.single("SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"), 1);
  Connection reader({.path = path(), .access = Access::read_only});
  EXPECT_THROW(reader.script("DELETE FROM notes"), Error);
}

TEST_F(StoreFile, WithoutItsFolderCannotBeOpened) {
  std::filesystem::remove_all(folder_);
  expect(opening_error(), "store.cannot_open", "folder must exist");
}

TEST_F(StoreFile, ThatIsNoDatabaseIsDamaged) {
  std::ofstream(path()) << std::string(10'000, 'x');
  expect(opening_error(), "store.damaged", "restore it from a backup");
}

TEST_F(StoreFile, WithABrokenTableIsDamaged) {
  open();
  for (int i = 0; i < 50; ++i) write(fmt::format("n{}", i), std::string(500, 'x'));
  close();
  const auto size = std::filesystem::file_size(path());
  overwrite(std::string(size - 4096, '\xee'), 4096);
  const Error error = opening_error();
  expect(error, "store.damaged", "restore it from a backup");
}

TEST_F(StoreFile, OfAnotherProgramIsLeftAlone) {
  {
    Connection other({.path = path()});
    other.script("CREATE TABLE theirs (x)");
  }
  expect(opening_error(), "store.foreign", "name another file");
  Connection other({.path = path()});
  EXPECT_EQ(other.single("SELECT count(*) FROM sqlite_schema"), 1);
}

TEST_F(StoreFile, OfANewerFormatIsRefused) {
  open();
  close();
  {
    Connection newer({.path = path()});
    newer.script("UPDATE \"_portico\" SET value = '2' WHERE name = 'format'");
  }
  expect(opening_error(), "store.newer", "run the newer program");
}

TEST_F(StoreFile, InUseIsLocked) {
  open();
  std::unique_ptr<Store> second = make_store(*runtime_, *observer_, {.path = path()});
  std::string reason, message;
  try {
    run(second->open());
  } catch (const Error& error) {
    reason = error.reason();
    message = error.message();
  }
  EXPECT_EQ(reason, "store.locked");
  EXPECT_NE(message.find(path()), std::string::npos);
  EXPECT_EQ(write("n1"), "");
  close();
  open();
  EXPECT_EQ(count(), 1);
}

TEST_F(StoreFile, DroppedWithoutClosingIsFreeAtOnce) {
  open();
  EXPECT_EQ(write("n1"), "");
  store_.reset();
  open();
  EXPECT_EQ(count(), 1);
}

TEST_F(StoreFile, KeepsTheStatementCacheBounded) {
  Connection connection({.path = path(), .statements_max = 20});
  for (int i = 0; i < 200; ++i) EXPECT_EQ(connection.single(fmt::format("SELECT {}", i)), i);
  EXPECT_EQ(connection.cached(), 20u);
  EXPECT_EQ(connection.single("SELECT 199"), 199);
  EXPECT_EQ(connection.single("SELECT 0"), 0);
}

TEST(Digest, IsSha256) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace portico::sqlite
