using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Cluster;

namespace Screening.Actors.Tests.Cluster;

public class MembershipBoardTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    [Trait("Finding", "use-6")]
    public void Missing_members_are_counted_and_since_when_is_remembered()
    {
        var start = _time.GetUtcNow();
        var board = new MembershipBoard(_time, expected: 3);
        Assert.Equal(new CacheMembers(0, 3, start), board.Caches);

        Advance();
        board.Now = Up(Cache("up"), Cache("up"), Cache("joining"), Edge("up"));
        Assert.Equal(new CacheMembers(2, 3, start), board.Caches);

        board.Now = Up(Cache("up"), Cache("up"), Cache("up"), Edge("up"));
        Assert.Equal(new CacheMembers(3, 3, null), board.Caches);

        Advance();
        board.Now = Up(Cache("up"), Cache("up"), Cache("unreachable"));
        var lost = _time.GetUtcNow();
        Advance();
        board.Now = Up(Cache("up"), Cache("up"));
        Assert.Equal(new CacheMembers(2, 3, lost), board.Caches);

        board.Expect(2);
        Assert.Equal(new CacheMembers(2, 2, null), board.Caches);
    }

    private void Advance() => _time.Advance(TimeSpan.FromMinutes(1));

    private static MembershipView Up(params ClusterMember[] members) =>
        MembershipView.Down with { State = JoinState.Up, Members = [.. members] };

    private static ClusterMember Cache(string state) => new("", "", ["cache"], state);

    private static ClusterMember Edge(string state) => new("", "", [], state);
}
