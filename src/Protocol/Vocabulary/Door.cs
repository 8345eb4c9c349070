namespace Screening.Protocol.Vocabulary;

/// <summary>The listener a query came through. Doors differ in how much of a verdict they can express.</summary>
public enum Door : byte
{
    Plugin,
    Policy,
    Dnsbl,
    Dnsblog,
    Memcache,
    Http,
}

/// <summary>The words for doors in settings, in JSON, in logs and in metrics.</summary>
public static class DoorWords
{
    /// <summary>The door's word.</summary>
    public static string Word(this Door door) => door switch
    {
        Door.Plugin => "plugin",
        Door.Policy => "policy",
        Door.Dnsbl => "dnsbl",
        Door.Dnsblog => "dnsblog",
        Door.Memcache => "memcache",
        _ => "http",
    };

    /// <summary>Reads a door's word; its case matters.</summary>
    public static bool TryParse(string word, out Door door)
    {
        for (door = Door.Plugin; door <= Door.Http; door++)
        {
            if (door.Word() == word)
                return true;
        }

        door = default;
        return false;
    }
}
