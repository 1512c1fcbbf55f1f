#pragma once
// A save of texts as arrays, for tests of what writes them.

#include <thread>
#include <tuple>

#include "core/shard_writer.h"
#include "test_files.h"

namespace ckpt {

enum class Mode { kLive, kImage, kFork };

// A way to take the arrays and a way to write them.
using Way = std::tuple<Mode, WriteMethod>;

inline Result<std::shared_ptr<Snapshot>> Take(ShardLayout layout, Mode mode) {
  switch (mode) {
    case Mode::kLive:
      return SnapshotLive(std::move(layout));
    case Mode::kImage:
      return SnapshotImage(std::move(layout));
    default:
      return SnapshotFork(std::move(layout));
  }
}

// A plan with the memory that it refers to.
struct TestPlan {
  TempDir dir;
  std::vector<std::string> texts;
  std::vector<Bytes> sources;
  std::vector<double> sizes;
  std::vector<double> extents;
  std::string heads;
  Job job;
  Mode mode = Mode::kLive;
  ShardPlan plan;

  TestPlan() {
    plan.directory = dir / "out";
    plan.threads = 3;
  }
  void Row(double shard, double offset, double head_start, double head_length, double source,
           double seed = 0) {
    extents.insert(extents.end(), {shard, offset, head_start, head_length, source, seed});
  }
  Status Prepare() {
    sources.clear();
    for (const std::string& text : texts) sources.push_back(AsBytes(text));
    Result<ShardLayout> layout = ReadLayout({sizes, extents, AsBytes(heads), sources});
    if (!layout.ok()) return layout.status();
    Result<std::shared_ptr<Snapshot>> snapshot = Take(std::move(layout).value(), mode);
    if (!snapshot.ok()) return snapshot.status();
    plan.snapshot = std::move(snapshot).value();
    return Status::Ok();
  }
  Result<ShardResult> Write() {
    const Status status = Prepare();
    if (!status.ok()) return status;
    // While it is being written, as a save does it.
    std::thread filler([&] { plan.snapshot->Fill(); });
    Result<ShardResult> result = WriteShards(plan, nullptr, job);
    filler.join();
    return result;
  }
};

}  // namespace ckpt
