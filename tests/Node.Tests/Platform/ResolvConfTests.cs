using Screening.Node.Platform;

namespace Screening.Node.Tests.Platform;

public sealed class ResolvConfTests
{
    [Theory]
    [InlineData("nameserver 192.0.2.1\nnameserver 2001:db8::1\n", "192.0.2.1:53 [2001:db8::1]:53")]
    [InlineData("# nameserver 192.0.2.9\nsearch example\r\nnameserver\t192.0.2.1\r\n", "192.0.2.1:53")]
    [InlineData("nameserver ::1\nnameserver ::2\nnameserver ::3\nnameserver ::4", "[::1]:53 [::2]:53 [::3]:53")]
    [InlineData("nameserver\nnameserver nonsense\n", "127.0.0.1:53")]
    [InlineData("", "127.0.0.1:53")]
    public void Nameserver_lines_are_read(string text, string expected) => Assert.Equal(expected, string.Join(' ', ResolvConf.Parse(text)));

    [Fact]
    public void File_that_is_not_there_means_this_machine() =>
        Assert.Equal("127.0.0.1:53", string.Join(' ', ResolvConf.Read("/nonexistent/resolv.conf")));
}
