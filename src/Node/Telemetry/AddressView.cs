using System.Security.Cryptography;
using Screening.Actors.Screening;
using Screening.Node.Configuration;
using Screening.Node.Platform;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Telemetry;

/// <summary>How much of a client's address the log shows (log.address). Safe for many threads.</summary>
internal sealed class AddressView
{
    private readonly LogAddress _mode;
    private readonly byte[] _key;

    /// <param name="mode">Full, truncated (to /24 or /64), or hashed (with a key, so that addresses cannot be guessed by trying).</param>
    /// <param name="keyFile">Where the key of the hash is kept; it is made on first use.</param>
    public AddressView(LogAddress mode, string keyFile)
    {
        _mode = mode;
        _key = mode == LogAddress.Hashed ? ReadOrMakeKey(keyFile) : [];
    }

    public string Show(ClientAddress client) => _mode switch
    {
        LogAddress.Truncated => client.Masked(client.IsIPv4 ? 24 : 64).ToString(),
        LogAddress.Hashed => Hash(client),
        _ => client.ToString(),
    };

    /// <summary>A decision whose texts show no more of the client's address than <see cref="Show"/>: lists may repeat it.</summary>
    public Decision Conceal(in Decision decision)
    {
        if (_mode == LogAddress.Full)
            return decision;
        var client = decision.Query.Client;
        return decision with
        {
            Reason = Conceal(decision.Reason, client),
            Checks = [.. decision.Checks.Select(check => check with
            {
                Answer = [.. check.Answer.Select(answer => Conceal(answer, client))],
                Reason = check.Reason is { } reason ? Conceal(reason, client) : null,
                Error = check.Error is { } error ? Conceal(error, client) : null,
            })],
        };
    }

    /// <summary>A text that may repeat the client's address, with the address as <see cref="Show"/> has it.</summary>
    public string Conceal(string text, ClientAddress client)
    {
        if (_mode == LogAddress.Full)
            return text;
        var shown = Show(client);
        foreach (var form in FormsOf(client))
            text = text.Replace(form, shown, StringComparison.OrdinalIgnoreCase);
        return text;
    }

    // As addresses are written, as part of a host's name, and as lists are asked (RFC 5782 sections 2.1 and 2.4).
    private static IEnumerable<string> FormsOf(ClientAddress client)
    {
        var text = client.ToString();
        var reversed = DnsblName.QueryName(client, "").TrimEnd('.');
        yield return text;
        yield return reversed;
        if (!client.IsIPv4)
        {
            var nibbles = reversed.Where(char.IsAsciiHexDigit).Reverse();
            yield return string.Join(':', nibbles.Chunk(4).Select(hextet => new string(hextet)));
            yield break;
        }

        yield return text.Replace('.', '-');
        yield return reversed.Replace('.', '-');
    }

    // Eight octets: short enough for a log, and among the clients of a node two equal ones are not to be expected.
    private string Hash(ClientAddress client)
    {
        Span<byte> octets = stackalloc byte[16];
        return Convert.ToHexStringLower(HMACSHA256.HashData(_key, octets[..client.WriteOctets(octets)])[..8]);
    }

    private static byte[] ReadOrMakeKey(string keyFile)
    {
        if (File.Exists(keyFile))
            return File.ReadAllBytes(keyFile);
        var key = RandomNumberGenerator.GetBytes(32);
        using var file = PrivateFiles.Open(keyFile, FileMode.CreateNew, PrivateFiles.SecretMode);
        file.Write(key);
        return key;
    }
}
