using Screening.Node.Endpoints.Http;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.Node.Tests.Endpoints;

[Trait("Finding", "security-3")]
public sealed class SharedTextTests
{
    private readonly List<TaskCompletionSource<byte[]>> _made = [];
    private readonly SharedText _text;

    public SharedTextTests() => _text = new SharedText(() =>
    {
        lock (_made)
        {
            _made.Add(new TaskCompletionSource<byte[]>());
            return _made[^1].Task;
        }
    });

    [Fact]
    public async Task Callers_share_a_text_that_is_made_after_they_asked()
    {
        var first = _text.GetAsync();
        var others = Enumerable.Range(0, 100).Select(_ => _text.GetAsync()).ToList();
        Assert.Single(_made);

        _made[0].SetResult([1]);
        Assert.Equal([1], await first);
        await Poll.UntilAsync(() => Task.FromResult(_made.Count == 2), Waiting.Limit, "the text of those who asked meanwhile is made");
        var late = _text.GetAsync();
        _made[1].SetResult([2]);
        Assert.All(await Task.WhenAll(others), text => Assert.Equal([2], text));

        await Poll.UntilAsync(() => Task.FromResult(_made.Count == 3), Waiting.Limit, "one more is made for who asked while it was made");
        _made[2].SetResult([3]);
        Assert.Equal([3], await late);
    }

    [Fact]
    public async Task A_text_that_could_not_be_made_is_made_again()
    {
        var first = _text.GetAsync();
        var second = _text.GetAsync();
        _made[0].SetException(new IOException("no"));
        await Assert.ThrowsAsync<IOException>(() => first);
        await Poll.UntilAsync(() => Task.FromResult(_made.Count == 2), Waiting.Limit, "the next is made");
        _made[1].SetResult([2]);
        Assert.Equal([2], await second);
    }
}
