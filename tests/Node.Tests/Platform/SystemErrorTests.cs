using System.Net;
using System.Net.Sockets;
using Screening.Node.Platform;
using Screening.Testing.Lab;

namespace Screening.Node.Tests.Platform;

[Trait("Finding", "use-5")]
public sealed class SystemErrorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(SocketError.ConnectionRefused, "Connection refused")]
    [InlineData(SocketError.NetworkUnreachable, "Network is unreachable")]
    [InlineData(SocketError.HostUnreachable, "No route to host")]
    [InlineData(SocketError.AddressAlreadyInUse, "Address already in use")]
    [InlineData(SocketError.AddressNotAvailable, "Cannot assign requested address")]
    [InlineData(SocketError.AccessDenied, "Permission denied")]
    [InlineData(SocketError.TimedOut, "Connection timed out")]
    [InlineData(SocketError.ConnectionReset, "Connection reset by peer")]
    [InlineData(SocketError.HostNotFound, "Name or service not known")]
    public void An_error_of_a_socket_has_the_words_of_the_system(SocketError error, string words) =>
        Assert.Equal(words, SystemError.Words(error));

    [Fact]
    public async Task A_missing_socket_is_a_missing_file_through_any_wrapping()
    {
        var fault = await Assert.ThrowsAnyAsync<IOException>(() => UnixSocket.ConnectAsync(_folder["absent"], CancellationToken.None));

        Assert.Equal("No such file or directory", SystemError.Words(new HttpRequestException("wrapped", fault)));
    }

    [Fact]
    public async Task A_socket_that_nobody_listens_on_refuses()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_folder["mute"]));

        var fault = await Assert.ThrowsAsync<SocketException>(() => UnixSocket.ConnectAsync(_folder["mute"], CancellationToken.None));

        Assert.Equal("Connection refused", SystemError.Words(fault));
    }

    [Theory]
    [InlineData("absent", "No such file or directory")]
    [InlineData("absent/file", "No such file or directory")]
    [InlineData("file/file", "No such file or directory")]
    [InlineData("loop", "Too many levels of symbolic links")]
    [InlineData("folder", "Is a directory")]
    public void A_file_that_cannot_be_read_has_the_words_of_the_system(string name, string words)
    {
        File.WriteAllText(_folder["file"], "");
        File.CreateSymbolicLink(_folder["loop"], _folder["loop"]);
        _folder.MakeFolder("folder");

        var fault = Assert.ThrowsAny<Exception>(() => File.ReadAllText(_folder[name]));

        Assert.Equal(words, SystemError.Words(fault, _folder[name]));
    }
}
