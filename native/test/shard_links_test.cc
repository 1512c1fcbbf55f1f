#include "core/shard_links.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "test_files.h"

namespace ckpt {
namespace {

class Links : public testing::Test {
 protected:
  ShardLink File(const std::string& name, const std::string& text = "text") {
    WriteText(dir_ / name, text);
    return {dir_ / name, OwnFileAt(AT_FDCWD, (dir_ / name).c_str(), "").value(), false};
  }
  LinkResult Link(std::vector<ShardLink> links) {
    return LinkShards({dir_ / "out", std::move(links), true}, job_).value();
  }

  TempDir dir_;
  Job job_;
};

TEST_F(Links, ShardsGetASecondName) {
  const LinkResult result = Link({File("a", "one"), File("b", "two")});
  EXPECT_EQ(result.errors, (std::vector<int>{0, 0}));
  EXPECT_EQ(ReadText(result.staging->PathOf("shard-0")), "one");
  EXPECT_EQ(ReadText(result.staging->PathOf("shard-1")), "two");
  EXPECT_EQ(std::filesystem::hard_link_count(dir_ / "a"), 2u);
}

TEST_F(Links, WhatCannotBeLinkedLeavesNoGap) {
  const ShardLink gone{dir_ / "gone", {}, false};
  ShardLink changed = File("changed");
  WriteText(changed.path, "longer than it was");
  ShardLink replaced = File("replaced");
  // A file of the same size, made before the first goes: two files are never the same.
  WriteText(dir_ / "other", "text");
  std::filesystem::rename(dir_ / "other", replaced.path);
  ShardLink touched = File("touched");
  const timespec times[2] = {{1, 0}, {1, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, touched.path.c_str(), times, 0), 0);
  ShardLink symbolic = File("target");
  std::filesystem::create_symlink(dir_ / "target", dir_ / "symbolic");
  symbolic.path = dir_ / "symbolic";
  std::filesystem::create_directory(dir_ / "directory");
  const ShardLink directory{dir_ / "directory", {}, false};
  const LinkResult result =
      Link({gone, changed, File("good"), replaced, touched, symbolic, directory, File("last")});
  EXPECT_EQ(result.errors[0], ENOENT);
  EXPECT_EQ(result.errors[1], ESTALE);
  EXPECT_EQ(result.errors[3], ESTALE);
  EXPECT_EQ(result.errors[4], ESTALE);
  EXPECT_EQ(result.errors[5], EINVAL);
  EXPECT_EQ(result.errors[6], EPERM);
  EXPECT_EQ(result.errors[2] + result.errors[7], 0);
  size_t made = 0;
  for (const auto& entry : std::filesystem::directory_iterator(result.staging->path())) {
    (void)entry;
    ++made;
  }
  EXPECT_EQ(made, 2u);
  EXPECT_TRUE(std::filesystem::exists(result.staging->PathOf("shard-1")));
}

TEST_F(Links, GoWithTheStagingDirectory) {
  ShardLink file = File("a");
  { const LinkResult result = Link({file}); }
  EXPECT_EQ(std::filesystem::hard_link_count(file.path), 1u);
  EXPECT_EQ(ReadText(file.path), "text");
  EXPECT_TRUE(std::filesystem::is_empty(dir_ / "out"));
}

TEST_F(Links, StopForACancelledJob) {
  job_.Cancel();
  EXPECT_EQ(LinkShards({dir_ / "out", {File("a")}, true}, job_).status().code, Code::kAborted);
}

}  // namespace
}  // namespace ckpt
