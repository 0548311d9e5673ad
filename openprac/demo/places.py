"""Where the invented people live: real suburbs with their postcodes, streets that are nobody's.

Phones come only from the ranges the Australian Communications and Media Authority keeps for fiction.
"""

from typing import NamedTuple

from openprac.demo.names import words

COUNTRY = "Australia"

# The whole list of mobile numbers for fiction: many patients share one.
MOBILES = tuple(
    f"0491 {number[:3]} {number[3:]}"
    for number in words(
        """570006, 570156, 570157, 570158, 570159, 570110, 570313, 570737, 571266, 571491, 571804, 572549,
        572665, 572983, 573770, 573087, 574118, 574632, 575254, 575789, 576398, 576801, 577426, 577644,
        578957, 578148, 578888, 579212, 579760, 579455"""
    )
)
# Behind the area code; each has 10,000 numbers.
LANDLINE_PREFIXES = ("5550", "7010")


class Suburb(NamedTuple):
    name: str
    postcode: str


class Region(NamedTuple):
    """`suburbs` start with the city, where the first site is; the next two have the other sites."""

    state: str
    area_code: str
    time_zone: str
    suburbs: tuple[Suburb, ...]


def _region(state: str, area_code: str, time_zone: str, suburbs: str) -> Region:
    pairs = (entry.rpartition(" ") for entry in words(suburbs))
    return Region(state, area_code, time_zone, tuple(Suburb(name, postcode) for name, _, postcode in pairs))


REGIONS: tuple[Region, ...] = (
    _region(
        "SA",
        "08",
        "Australia/Adelaide",
        """Adelaide 5000, Norwood 5067, Glenelg 5045, North Adelaide 5006, Unley 5061, Prospect 5082, Burnside 5066,
        Magill 5072, Modbury 5092, Salisbury 5108, Elizabeth 5112, Mawson Lakes 5095, Henley Beach 5022,
        Port Adelaide 5015, Semaphore 5019, Brighton 5048, Marion 5043, Mitcham 5062, Blackwood 5051,
        Morphett Vale 5162, Noarlunga Centre 5168, Stirling 5152, Mount Barker 5251, Gawler 5118, Campbelltown 5074,
        Woodville 5011, Goodwood 5034, Paradise 5075, Golden Grove 5125""",
    ),
    _region(
        "VIC",
        "03",
        "Australia/Melbourne",
        """Melbourne 3000, Northcote 3070, Footscray 3011, Carlton 3053, Fitzroy 3065, Brunswick 3056, Coburg 3058,
        Preston 3072, Richmond 3121, Hawthorn 3122, Camberwell 3124, Box Hill 3128, Ringwood 3134, Doncaster 3108,
        Glen Waverley 3150, Dandenong 3175, Springvale 3171, Sunshine 3020, Werribee 3030, Essendon 3040,
        St Kilda 3182, Brighton 3186, Frankston 3199, Moorabbin 3189, Caulfield 3162, Reservoir 3073, Epping 3076,
        Williamstown 3016""",
    ),
    _region(
        "NSW",
        "02",
        "Australia/Sydney",
        """Sydney 2000, Marrickville 2204, Chatswood 2067, Newtown 2042, Leichhardt 2040, Parramatta 2150,
        Strathfield 2135, Burwood 2134, Ashfield 2131, Hornsby 2077, Epping 2121, Ryde 2112, Manly 2095, Dee Why 2099,
        Bondi 2026, Randwick 2031, Maroubra 2035, Hurstville 2220, Kogarah 2217, Bankstown 2200, Cabramatta 2166,
        Liverpool 2170, Penrith 2750, Blacktown 2148, Castle Hill 2154, Auburn 2144, Cronulla 2230, Lakemba 2195""",
    ),
    _region(
        "QLD",
        "07",
        "Australia/Brisbane",
        """Brisbane City 4000, Toowong 4066, Coorparoo 4151, Fortitude Valley 4006, New Farm 4005, West End 4101,
        Indooroopilly 4068, Kenmore 4069, Ashgrove 4060, Chermside 4032, Aspley 4034, Nundah 4012, Sandgate 4017,
        Wynnum 4178, Carindale 4152, Sunnybank 4109, Inala 4077, Ipswich 4305, Logan Central 4114, Cleveland 4163,
        Redcliffe 4020, Strathpine 4500, Annerley 4103, Bulimba 4171""",
    ),
    _region(
        "WA",
        "08",
        "Australia/Perth",
        """Perth 6000, Subiaco 6008, Fremantle 6160, Cottesloe 6011, Claremont 6010, Nedlands 6009, Victoria Park 6100,
        South Perth 6151, Como 6152, Applecross 6153, Mount Lawley 6050, Inglewood 6052, Morley 6062, Bayswater 6053,
        Midland 6056, Joondalup 6027, Scarborough 6019, Balcatta 6021, Mirrabooka 6061, Cannington 6107, Armadale 6112,
        Rockingham 6168, Mandurah 6210, Gosnells 6110, Leederville 6007""",
    ),
    _region(
        "TAS",
        "03",
        "Australia/Hobart",
        """Hobart 7000, Moonah 7009, Kingston 7050, Sandy Bay 7005, Battery Point 7004, New Town 7008, Glenorchy 7010,
        Claremont 7011, Bellerive 7018, Howrah 7018, Lindisfarne 7015, Blackmans Bay 7052, Taroona 7053, Sorell 7172,
        Brighton 7030, Bridgewater 7030, Rokeby 7019, Lenah Valley 7008, West Hobart 7000""",
    ),
    _region(
        "NT",
        "08",
        "Australia/Darwin",
        """Darwin City 0800, Nightcliff 0810, Parap 0820, Larrakeyah 0820, Fannie Bay 0820, Stuart Park 0820,
        Rapid Creek 0810, Casuarina 0810, Coconut Grove 0810, Millner 0810, Wagaman 0810, Karama 0812, Malak 0812,
        Leanyer 0812, Palmerston City 0830, Driver 0830, Gray 0830, Bakewell 0832, Rosebery 0832,
        Howard Springs 0835, Humpty Doo 0836""",
    ),
)

_STREET_NAMES = words(
    """Lorikeet, Rosella, Bandicoot, Paddle Steamer, Quandong, Saltbush, Lamington, Billy Button, Kurrajong,
    Pavlova, Cockatiel, Numbat, Wattle Blossom, Old Tannery, Lantern, Tin Kettle, Windmill Hill, Copper Penny,
    Bottlebrush, Gumnut, Potoroo, Willy Wagtail, Fig Jam, Sandgroper, Blue Wren, Honeyeater, Tramcar,
    Clocktower, Marmalade, Goanna, Redback, Bluetongue, Yabby Dam, Mulberry Patch, Dragonfly, Thornbill,
    Pardalote, Sugarbag, Spinifex, Corella"""
)
_STREET_KINDS = ("Street", "Road", "Avenue", "Court", "Crescent", "Terrace", "Lane", "Place", "Close", "Way")
STREETS = tuple(f"{name} {kind}" for name in _STREET_NAMES for kind in _STREET_KINDS)


def region_of(time_zone: str) -> Region:
    """The region whose capital keeps this zone; a clinic anywhere else is given the first one's addresses."""
    return next((region for region in REGIONS if region.time_zone == time_zone), REGIONS[0])
