// Files that must be on the disk when a function returns. All calls block; all throw Error(unavailable,
// "file.…") naming the file.
#pragma once

#include <string>
#include <string_view>

#include "portico/base/time.h"

namespace portico {

// A folder that only its owner may enter.
void make_private_folder(const std::string& path);
void write_synced(const std::string& path, std::string_view content);
// Readable by the owner only.
void copy_synced(const std::string& from, const std::string& to);
// All files of a folder, which has no folders in it.
void copy_folder_synced(const std::string& from, const std::string& to);
// Also syncs the folders of both.
void rename_synced(const std::string& from, const std::string& to);
// A file, or the entries of a folder.
void sync_path(const std::string& path);
std::string read_file(const std::string& path);

// "20261121T203000Z", for names of folders and files.
std::string stamp_of(Time time);

}  // namespace portico
