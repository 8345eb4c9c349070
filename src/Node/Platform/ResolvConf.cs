using System.Net;

namespace Screening.Node.Platform;

/// <summary>The resolvers of resolv.conf(5): its <c>nameserver</c> lines, at most three; without any, this machine.</summary>
internal static class ResolvConf
{
    private const int Port = 53;
    private const int MaxServers = 3;
    private const string Keyword = "nameserver";

    /// <summary>Reads the file. A file that is absent or cannot be read counts as empty.</summary>
    public static IReadOnlyList<IPEndPoint> Read(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Parse("");
        }
    }

    /// <summary>Reads the file's text.</summary>
    public static IReadOnlyList<IPEndPoint> Parse(string text)
    {
        var servers = new List<IPEndPoint>(MaxServers);
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length >= 2 && words[0] == Keyword && servers.Count < MaxServers && IPAddress.TryParse(words[1], out var address))
                servers.Add(new IPEndPoint(address, Port));
        }

        return servers.Count > 0 ? servers : [new IPEndPoint(IPAddress.Loopback, Port)];
    }
}
