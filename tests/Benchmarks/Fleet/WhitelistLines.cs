using System.Globalization;
using System.Net;
using System.Text;
using Screening.Benchmarks.Processes;
using Screening.Testing.Lab.Fleet;

namespace Screening.Benchmarks.Fleet;

/// <summary>Lines of a whitelist of any size, and their import over HTTP.</summary>
internal static class WhitelistLines
{
    private const string Rest =
        "\"expires\":\"2100-01-01T00:00:00Z\",\"times\":[0,0,0,0,0],\"by\":\"mx1\",\"made\":\"2026-01-01T00:00:00Z\"";

    // So many lines go in one request: enough to make requests few, and few enough that each ends in time.
    private const int Chunk = 5_000;
    private const int MaxTries = 5;

    /// <summary>Imports lines at the nodes in turn.</summary>
    /// <param name="line">One line of JSON by its number.</param>
    /// <exception cref="ServerException">A node refused.</exception>
    public static async Task ImportAsync(IReadOnlyList<FleetNode> nodes, int count, Func<int, string> line)
    {
        for (var first = 0; first < count; first += Chunk)
        {
            var lines = new StringBuilder();
            for (var i = first; i < Math.Min(count, first + Chunk); i++)
                lines.Append(line(i)).Append('\n');
            await ImportAsync(nodes[first / Chunk % nodes.Count], lines.ToString());
        }
    }

    /// <summary>A pass of the client at 20.0.0.0 and up.</summary>
    public static string Pass(int number) =>
        $$"""{"address":"{{Address(0x14000000u + (uint)number)}}","profile":"default","kind":"pass",{{Rest}}"""
        + ""","reason":"nothing speaks against this client","allow":false,"score":0,"policy":"0123456789ab"}""";

    /// <summary>A ban of one client.</summary>
    public static string Ban(int number) =>
        $$"""{"address":"{{BannedClient(number)}}","profile":"default","kind":"ban",{{Rest}}"""
        + $$""","reason":"sends abuse, ticket {{number.ToString(CultureInfo.InvariantCulture)}}"}""";

    /// <summary>Whom <see cref="Ban"/> names: one client to a /24, so that they spread over all buckets.</summary>
    public static string BannedClient(int number) => Address(0x32000001u + ((uint)number << 8));

    // A fleet that is busy may answer 503, and the same lines can be sent again.
    private static async Task ImportAsync(FleetNode node, string lines)
    {
        for (var tries = 1; ; tries++)
        {
            using var reply = await node.ChangeAsync(HttpMethod.Post, "api/v1/cache", lines, "application/x-ndjson");
            if (reply.IsSuccessStatusCode)
                return;
            var fault = $"import: {(int)reply.StatusCode} {await reply.Content.ReadAsStringAsync()}";
            if (reply.StatusCode != HttpStatusCode.ServiceUnavailable || tries == MaxTries)
                throw new ServerException(fault);
            await Console.Error.WriteLineAsync($"{fault}; sent again");
        }
    }

    private static string Address(uint bits) =>
        new IPAddress([(byte)(bits >> 24), (byte)(bits >> 16), (byte)(bits >> 8), (byte)bits]).ToString();
}
