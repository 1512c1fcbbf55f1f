#include "core/commit.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "test_files.h"

namespace ckpt {
namespace {

struct TestCommit {
  TempDir dir;
  CommitPlan plan;
  Job job;
  std::string index = "new index";
  std::string state = "new state";

  TestCommit() {
    plan.shard_paths = {dir / "s0", dir / "s1"};
    plan.written_shards = 2;
    plan.index_path = dir / "index";
    plan.state_path = dir / "checkpoint";
    plan.index = AsBytes(index);
    plan.state = AsBytes(state);
  }
  Status Run() {
    auto staging = StagingDir::Create(dir.path());
    EXPECT_TRUE(staging.value()->WriteFile("shard-0", AsBytes("zero"), false).ok());
    EXPECT_TRUE(staging.value()->WriteFile("shard-1", AsBytes("one"), false).ok());
    return Commit(std::move(staging).value(), plan, job);
  }
  void WriteOld() {
    WriteText(dir / "index", "old index");
    WriteText(dir / "checkpoint", "old state");
  }
  void ExpectOld() {
    EXPECT_EQ(ReadText(dir / "index"), "old index");
    EXPECT_EQ(ReadText(dir / "checkpoint"), "old state");
    EXPECT_EQ(dir.List(), (std::vector<std::string>{"checkpoint", "index"}));
  }
  void ExpectNew() {
    EXPECT_EQ(ReadText(dir / "s0"), "zero");
    EXPECT_EQ(ReadText(dir / "s1"), "one");
    EXPECT_EQ(ReadText(dir / "index"), "new index");
    EXPECT_EQ(ReadText(dir / "checkpoint"), "new state");
    EXPECT_EQ(dir.List(), (std::vector<std::string>{"checkpoint", "index", "s0", "s1"}));
  }
};

TEST(Commit, PublishesAll) {
  TestCommit commit;
  const int before = OpenDescriptors();
  ASSERT_TRUE(commit.Run().ok());
  commit.ExpectNew();
  EXPECT_EQ(OpenDescriptors(), before);
}

TEST(Commit, ShardsThatWereNotWrittenAreOneByte) {
  TestCommit commit;
  commit.plan.shard_paths.push_back(commit.dir / "s2");
  ASSERT_TRUE(commit.Run().ok());
  EXPECT_EQ(ReadText(commit.dir / "s2"), std::string(1, '\0'));
}

TEST(Commit, ReplacesIndexAndState) {
  TestCommit commit;
  commit.WriteOld();
  ASSERT_TRUE(commit.Run().ok());
  commit.ExpectNew();
}

TEST(Commit, WithoutStateLeavesItAlone) {
  TestCommit commit;
  commit.WriteOld();
  commit.plan.state_path.reset();
  ASSERT_TRUE(commit.Run().ok());
  EXPECT_EQ(ReadText(commit.dir / "checkpoint"), "old state");
}

TEST(Commit, AnExistingShardIsNotReplaced) {
  TestCommit commit;
  commit.WriteOld();
  WriteText(commit.dir / "s1", "theirs");
  const Status status = commit.Run();
  EXPECT_EQ(status.os_errno, EEXIST);
  EXPECT_EQ(status.path, commit.dir / "s1");
  EXPECT_EQ(ReadText(commit.dir / "s1"), "theirs");
  std::filesystem::remove(commit.dir / "s1");
  commit.ExpectOld();
}

TEST(Commit, ADirectoryInTheWayFailsBeforeAnythingMoves) {
  for (const char* name : {"index", "checkpoint"}) {
    TestCommit commit;
    std::filesystem::create_directory(commit.dir / name);
    const Status status = commit.Run();
    EXPECT_EQ(status.os_errno, EISDIR);
    EXPECT_EQ(status.path, commit.dir / name);
    EXPECT_EQ(commit.dir.List(), std::vector<std::string>{name});
  }
}

TEST(Commit, AMissingStateDirectoryUndoesTheIndex) {
  TestCommit commit;
  commit.WriteOld();
  commit.plan.state_path = commit.dir / "none/checkpoint";
  EXPECT_EQ(commit.Run().os_errno, ENOENT);
  commit.ExpectOld();
}

TEST(Commit, CancelledLeavesTheOldOne) {
  TestCommit commit;
  commit.WriteOld();
  commit.job.Cancel();
  EXPECT_EQ(commit.Run().code, Code::kAborted);
  commit.ExpectOld();
}

#if defined(CKPT_FAILPOINTS)

constexpr const char* kSteps[] = {
    "after-index-write",  "before-shard-rename", "after-shard-rename", "before-index-rename",
    "after-index-rename", "before-state-rename", "after-state-rename"};

TEST(Commit, AFailureAtAnyStepIsUndone) {
  for (const char* step : kSteps) {
    for (const bool old : {false, true}) {
      SCOPED_TRACE(step);
      TestCommit commit;
      if (old) commit.WriteOld();
      ::setenv("CKPT_FAILPOINT", (std::string(step) + ":5").c_str(), 1);
      const Status status = commit.Run();
      ::unsetenv("CKPT_FAILPOINT");
      EXPECT_EQ(status.os_errno, 5);
      if (old) {
        commit.ExpectOld();
      } else {
        EXPECT_TRUE(commit.dir.List().empty());
      }
      ASSERT_TRUE(commit.Run().ok());
      commit.ExpectNew();
    }
  }
}

TEST(Commit, AKillAtAnyStepLeavesOneWholeIndex) {
  for (const char* step : kSteps) {
    SCOPED_TRACE(step);
    TestCommit commit;
    commit.WriteOld();
    const pid_t child = ::fork();
    if (child == 0) {
      ::setenv("CKPT_FAILPOINT", step, 1);
      (void)commit.Run();
      ::_exit(0);
    }
    int result = 0;
    ::waitpid(child, &result, 0);
    ASSERT_TRUE(WIFSIGNALED(result) && WTERMSIG(result) == SIGKILL);
    const std::string index = ReadText(commit.dir / "index");
    EXPECT_TRUE(index == "old index" || index == "new index");
    if (index == "new index") {
      EXPECT_EQ(ReadText(commit.dir / "s0"), "zero");
      EXPECT_EQ(ReadText(commit.dir / "s1"), "one");
    }
    StagingDir::RemoveDead(commit.dir.path());
    for (const std::string& name : commit.dir.List()) EXPECT_NE(name[0], '.');
  }
}

#endif

}  // namespace
}  // namespace ckpt
