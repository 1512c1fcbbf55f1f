#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "durable.h"
#include "failpoint.h"
#include "shard_links.h"

namespace ckpt {
namespace {

Status SyncLinked(const StagingDir& staging, const char* name) {
  const std::string path = staging.PathOf(name);
  UniqueFd fd(RetryOnInterrupt(
      [&] { return ::openat(staging.fd(), name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC); }));
  if (!fd.valid()) return Status::FromErrno(errno, "open", path);
  return SyncFile(fd.get(), path);
}

Status Link(const StagingDir& staging, const ShardLink& link, const char* name, bool durable) {
  // Without AT_SYMLINK_FOLLOW a symbolic link gets the second name itself, which is seen below.
  if (::linkat(AT_FDCWD, link.path.c_str(), staging.fd(), name, 0) != 0) {
    return Status::FromErrno(errno, "link", link.path);
  }
  // Of the link, not before it is made: nobody can exchange what it means any more.
  Result<FileIdentity> found = OwnFileAt(staging.fd(), name, link.path);
  if (!found.ok()) return found.status();
  if (found.value() != link.expected) return Status::FromErrno(ESTALE, "link", link.path);
  return durable && !link.synced ? SyncLinked(staging, name) : Status::Ok();
}

}  // namespace

Result<LinkResult> LinkShards(const LinkPlan& plan, Job& job) noexcept {
  return NoThrow([&]() -> Result<LinkResult> {
    CKPT_TRY(job.Check());
    CKPT_TRY(MakeDirectories(plan.directory, plan.durable));
    StagingDir::RemoveDead(plan.directory);
    Result<std::unique_ptr<StagingDir>> staging = StagingDir::Create(plan.directory);
    if (!staging.ok()) return staging.status();
    LinkResult result{std::move(staging).value(), {}};
    size_t made = 0;
    for (const ShardLink& link : plan.links) {
      CKPT_TRY(job.Check());
      const std::string name = ShardName(made);
      const Status status = Link(*result.staging, link, name.c_str(), plan.durable);
      if (!status.ok()) ::unlinkat(result.staging->fd(), name.c_str(), 0);
      if (status.ok()) ++made;
      result.errors.push_back(status.ok() ? 0 : std::max(status.os_errno, 1));
    }
    CKPT_TRY(Failpoint("after-shard-link"));
    return result;
  });
}

}  // namespace ckpt
