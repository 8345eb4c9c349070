using System.Net.Sockets;
using Screening.Node.Endpoints;
using Screening.Node.Platform;

namespace Screening.Node.Tests.Endpoints;

public sealed class UnixSocketFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("screening-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("")]
    [InlineData("text")]
    [Trait("Finding", "security-13")]
    public void A_file_that_is_not_a_socket_stays(string content)
    {
        var path = Path.Combine(_folder, "file");
        File.WriteAllText(path, content);
        var fault = Assert.Throws<EndpointException>(() => UnixSocketFile.MakeRoom(path));
        Assert.Equal($"cannot listen on unix://{path}: a file that is not a socket is there", fault.Message);
        Assert.Equal(content, File.ReadAllText(path));
    }

    [Fact]
    public void A_socket_that_nobody_listens_on_goes_and_a_living_one_stays()
    {
        var path = Path.Combine(_folder, "socket");
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen();
        var fault = Assert.Throws<EndpointException>(() => UnixSocketFile.MakeRoom(path));
        Assert.Equal($"cannot listen on unix://{path}: another process listens there", fault.Message);
        File.Move(path, path + ".kept"); // Closing removes the file by its name.
        socket.Dispose();
        File.Move(path + ".kept", path);
        UnixSocketFile.MakeRoom(path);
        Assert.False(File.Exists(path));
    }

    [Fact]
    [Trait("Finding", "security-10")]
    public void Folders_are_made_for_the_group_and_no_others()
    {
        UnixSocketFile.MakeRoom(Path.Combine(_folder, "a", "b", "socket"));
        Assert.Equal(PrivateFiles.FolderMode, File.GetUnixFileMode(Path.Combine(_folder, "a")));
        Assert.Equal(PrivateFiles.FolderMode, File.GetUnixFileMode(Path.Combine(_folder, "a", "b")));
    }

    [Fact]
    public void A_missing_permission_is_told_with_owner_mode_and_remedy()
    {
        var text = UnixSocketFile.Explain("/etc/missing/dnsblog", new UnauthorizedAccessException());
        Assert.Equal(
            "cannot listen on unix:///etc/missing/dnsblog: Permission denied. /etc belongs to root:root and has mode 0755;"
                + $" this node runs as {Environment.UserName}. As root, make a folder that the node and Postfix can use:"
                + $" install -d -o {Environment.UserName} -g postfix -m 2750 /etc/missing",
            text);
    }

    [Fact]
    [Trait("Finding", "security-10")]
    public async Task Sockets_of_every_door_are_for_owner_and_group_unless_a_mode_is_given()
    {
        string[] doors = ["plugin", "policy", "dnsblog", "memcache", "http"];
        await using var node = await RunningNode.StartAsync(
            [
                .. doors.Select(door =>
                    $"endpoints.{door}=[\"unix://{{folder}}/run/{door}\",\"unix://{{folder}}/run/{door}.open?mode=0666\"]"),
            ]);
        string ModeOf(string name) => Convert.ToString((int)File.GetUnixFileMode(Path.Combine(node.Folder, "run", name)), 8);
        Assert.All(doors, door => Assert.Equal(("660", "666"), (ModeOf(door), ModeOf(door + ".open"))));
    }
}
