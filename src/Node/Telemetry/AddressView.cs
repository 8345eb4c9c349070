using System.Security.Cryptography;
using Screening.Actors.Files;
using Screening.Node.Configuration;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Telemetry;

/// <summary>How much of a client's address the log shows (log.address).</summary>
internal sealed class AddressView
{
    private readonly LogAddress _mode;
    private readonly byte[] _key;

    /// <param name="mode">Full, truncated (to /24 or /64), or hashed (keyed, so that it can not be tried out).</param>
    /// <param name="keyFile">Where the key of the hash is kept; made on first use.</param>
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
