"""Names for invented people: common given names and surnames of the communities that live in Australia.

Every list is general knowledge about which names are common; a person is two independent draws from it.
"""

from typing import NamedTuple


class Community(NamedTuple):
    """How many of 288 households it has, and its names."""

    weight: int
    women: tuple[str, ...]
    men: tuple[str, ...]
    surnames: tuple[str, ...]


class Era(NamedTuple):
    """English given names of the years of birth up to `last_year`."""

    last_year: int
    women: tuple[str, ...]
    men: tuple[str, ...]


def words(text: str) -> tuple[str, ...]:
    """The entries of a list with commas, over as many lines as it takes."""
    return tuple(" ".join(word.split()) for word in text.split(","))


CLINICS: tuple[tuple[str, str], ...] = (
    ("Magpie Lane Allied Health", "Australia/Adelaide"),
    ("Galah & Gum Allied Health", "Australia/Melbourne"),
    ("Lilly Pilly Allied Health", "Australia/Sydney"),
    ("Jacaranda Verandah Allied Health", "Australia/Brisbane"),
    ("Quokka & Quandong Allied Health", "Australia/Perth"),
    ("Pademelon Point Allied Health", "Australia/Hobart"),
    ("Mango Season Allied Health", "Australia/Darwin"),
)

ERAS: tuple[Era, ...] = (
    Era(
        1964,
        words(
            """Margaret, Patricia, Judith, Barbara, Joan, Susan, Pamela, Helen, Elizabeth, Maureen, Shirley,
            Beverley, Dorothy, Valerie, Lorraine, Carol, Christine, Jennifer, Robyn, Marilyn, Sandra, Heather,
            Jill, Anne, Mary, Joyce, Betty, Norma, Gwen, Glenys, Rosemary, Wendy, Kay, Lynette, Coral,
            Anne-Marie, Gail, Jan, Elaine, June, Marjorie, Thelma, Daphne, Iris, Fay, Merle, Ruth, Irene,
            Janice, Dianne"""
        ),
        words(
            """John, Peter, Robert, William, David, Michael, James, Kevin, Brian, Ronald, Kenneth, Graham,
            Geoffrey, Raymond, Barry, Donald, Ian, Alan, Neil, Colin, Bruce, Trevor, Leslie, Keith, Noel,
            Maxwell, Desmond, Douglas, Malcolm, Russell, Ross, Stanley, Norman, Clive, Roger, Gordon, Frank,
            Ernest, Harold, Reginald, Arthur, Albert, George, Thomas, Eric, Roy, Jack, Terence, Garry, Rex"""
        ),
    ),
    Era(
        1994,
        words(
            """Michelle, Nicole, Melissa, Rebecca, Kylie, Lisa, Karen, Julie, Fiona, Jodie, Kate, Sarah, Emma,
            Amanda, Rachel, Kellie, Belinda, Tracey, Sharon, Leanne, Natalie, Simone, Renée, Danielle, Megan,
            Amy, Jessica, Lauren, Kristy, Bronwyn, Tania, Vanessa, Samantha, Katherine, Claire, Hayley, Alison,
            Joanne, Deborah, Donna, Jacqueline, Narelle, Cassandra, Erin, Siân, Catherine, Angela, Louise,
            Stephanie, Caitlin"""
        ),
        words(
            """Andrew, Mark, Paul, Stephen, Craig, Darren, Matthew, Jason, Scott, Adam, Shane, Brett, Anthony,
            Daniel, Christopher, Timothy, Simon, Gregory, Glenn, Wayne, Dean, Damien, Luke, Nathan, Ben,
            Benjamin, Ryan, Joshua, Travis, Aaron, Stuart, Rodney, Troy, Grant, Cameron, Justin, Nicholas,
            Patrick, Seán, Sean, Brendan, Heath, Joel, Leigh, Bradley, Rhys, Lachlan, Mitchell, Philip, Richard"""
        ),
    ),
    Era(
        9999,
        words(
            """Charlotte, Olivia, Amelia, Isla, Mia, Ava, Grace, Chloe, Chloé, Zoë, Zoe, Matilda, Sophie, Ella,
            Lily, Ruby, Harper, Evie, Willow, Ivy, Sienna, Hazel, Georgia, Poppy, Imogen, Holly, Tahlia,
            Madison, Jasmine, Summer, Bonnie, Piper, Freya, Violet, Layla, Eliza, Maya, Daisy, Aurora, Tilly,
            Clementine, Mackenzie, Paige, Indiana, Savannah, Bella, Audrey, Millie, Phoebe, Heidi"""
        ),
        words(
            """Oliver, Noah, Jack, Henry, Leo, Charlie, William, Hudson, Thomas, Theodore, Lucas, Liam, Cooper,
            Archie, Hunter, Angus, Hamish, Xavier, Max, Isaac, Darcy, D'Arcy, Jasper, Flynn, Riley, Tyler,
            Jayden, Ethan, Kai, Ashton, Toby, Levi, Finn, Beau, Banjo, Harvey, Fletcher, Spencer, Ryder, Samuel,
            Harrison, Blake, Zac, Jye, Nate, Elijah, Arlo, Sonny, Otis, Felix"""
        ),
    ),
)

ENGLISH_SURNAMES = words(
    """Smith, Jones, Williams, Brown, Wilson, Taylor, Johnson, White, Martin, Anderson, Thompson, Thomas, Walker,
    Harris, Lewis, Robinson, Kelly, King, Davis, Wright, Evans, Roberts, Green, Hall, Wood, Jackson, Clarke,
    Clark, Hill, Baker, Turner, Watson, Edwards, Cooper, Phillips, Mitchell, Young, Moore, Ward, Parker, Morris,
    Bell, Campbell, McDonald, Stewart, Scott, Murphy, Ryan, O'Brien, O'Connor, O'Neill, O'Keefe, O'Sullivan,
    Kennedy, Murray, Morgan, Hughes, Reid, Ross, Cook, Carter, Richardson, Bailey, Collins, Marshall, Gray,
    Simpson, Hunter, Graham, Johnston, Robertson, Hamilton, MacKenzie, McCarthy, McLean, Fraser, Cameron,
    Russell, Shaw, Webb, Ellis, Palmer, Mills, Chapman, Barnes, Holmes, Lloyd, Price, Jenkins, Griffiths,
    Harrison, Fisher, Gibson, Hart, Burns, Byrne, Doyle, Walsh, Fitzgerald, Quinn, Nolan, Gallagher, Dwyer,
    Hogan, Lawson, Matthews, Stevens, Perry, Cox, Rogers, Dunn, Ford, Ferguson, Wallace, Black, Rose, Andrews,
    Barker, Bennett, Bishop, Boyd, Bradley, Brooks, Bryant, Burke, Butler, Cole, Crawford, Dawson, Dixon,
    Duncan, Foster, Fox, Freeman, Gordon, Grant, Hayes, Henderson, Howard, Hudson, James, Kerr, Knight, Lane,
    Lynch, Mason, May, Miller, Nelson, Newman, Nicholls, Oliver, Owen, Payne, Pearce, Porter, Powell, Reynolds,
    Rowe, Saunders, Sharp, Spencer, Stone, Sutton, Tucker, Warren, Waters, Wells, West, Woods, Armstrong-Reid,
    Hartley-Moore, St John, Featherstonehaugh"""
)

COMMUNITIES: tuple[Community, ...] = (
    Community(
        9,
        words(
            """Maria, Giuseppina, Rosa, Giulia, Francesca, Lucia, Carmela, Antonietta, Concetta, Daniela, Bianca,
            Alessia, Sofia, Chiara, Teresa, Silvana"""
        ),
        words(
            """Giuseppe, Antonio, Domenico, Salvatore, Vincenzo, Marco, Luca, Rocco, Carlo, Pasquale, Matteo,
            Angelo, Niccolò, Bruno, Frank, Enzo"""
        ),
        words(
            """Romano, Russo, Esposito, Bianchi, De Luca, D'Angelo, D'Agostino, Ricci, Marino, Greco, Conti,
            Barbaro, Caruso, Ferrara, Costa, Rossi, Di Stefano, Pellegrino, Lombardi, Sergi, Carbone"""
        ),
    ),
    Community(
        6,
        words(
            """Eleni, Maria, Sophia, Despina, Anastasia, Dimitra, Katerina, Vasiliki, Georgia, Stavroula, Irini,
            Paraskevi, Voula, Theodora"""
        ),
        words(
            """Georgios, Konstantinos, Dimitri, Nikolaos, Spiros, Ioannis, Panagiotis, Christos, Stavros, Theo,
            Angelos, Vasilis, Con, Evangelos"""
        ),
        words(
            """Papadopoulos, Georgiou, Pappas, Nikolaidis, Karagiannis, Vlahos, Dimitriou, Economou, Antoniou,
            Konstantinou, Angelopoulos, Ioannou, Makris, Katsaros, Theodorou"""
        ),
    ),
    Community(
        12,
        words(
            """Li, Mei, Xin Yi, Jing, Yan, Hui Min, Fang, Xiu Ying, Ling, Na, Wen, Xiaoling, Yuting, Jia Hui,
            Emily, Grace, Vivian, Joyce"""
        ),
        words(
            """Wei, Jun, Ming, Jian, Hao, Lei, Qiang, Zhiwei, Yong, Bo, Cheng, Xiang, Kai Wen, Jia Hao, Kevin,
            Jason, Raymond, Eric"""
        ),
        words(
            """Wang, Li, Zhang, Liu, Chen, Yang, Huang, Zhao, Wu, Zhou, Xu, Sun, Ma, Zhu, Lin, Guo, He, Lau, Chan,
            Wong, Cheung, Leung, Lü, Ho, Tan, Lim, Ng, Goh"""
        ),
    ),
    Community(
        8,
        words(
            """Linh, Thảo, Hương, Lan, Mai, Ngọc, Thu Hà, Phương, Kim Anh, Trang, Bích, Hoa, Tuyết, Vy, Thanh, Nhi"""
        ),
        words("""Minh, Tuấn, Huy, Đức, Hoàng, Quang, Dũng, Khoa, Phúc, Nam, Bảo, Long, Sơn, Thành, Việt, Duy"""),
        words(
            """Nguyen, Nguyễn, Tran, Trần, Le, Pham, Phạm, Huynh, Hoang, Phan, Vu, Vo, Dang, Bui, Do, Ngo, Duong,
            Ly, Truong"""
        ),
    ),
    Community(
        11,
        words(
            """Priya, Anjali, Lakshmi, Deepa, Sunita, Kavita, Pooja, Shreya, Meera, Divya, Harpreet, Gurpreet,
            Simran, Navneet, Aisha, Ananya, Nimali, Dilani"""
        ),
        words(
            """Arjun, Rahul, Vikram, Sanjay, Amit, Raj, Rohan, Suresh, Anil, Karthik, Harjit, Gurdeep, Manpreet,
            Jaspreet, Aditya, Nikhil, Kasun, Ruwan"""
        ),
        words(
            """Singh, Kaur, Patel, Sharma, Kumar, Gupta, Reddy, Iyer, Nair, Joshi, Mehta, Gill, Sandhu, Dhillon,
            Thomas, Fernando, Perera, de Silva, Jayawardena, Sivakumar, Wickramasinghe, Venkataraman, Rao,
            Desai, Chopra"""
        ),
    ),
    Community(
        7,
        words(
            """Fatima, Layla, Mariam, Zeinab, Rania, Hanan, Nour, Yasmin, Samira, Amal, Salma, Dalal, Rima, Shirin,
            Parisa, Maryam"""
        ),
        words(
            """Mohammed, Ahmad, Ali, Hassan, Khaled, Omar, Youssef, Tarek, Elias, Charbel, Bilal, Ibrahim, Mustafa,
            Reza, Amir, Hamid"""
        ),
        words(
            """Haddad, Khoury, Nassar, Hassan, Ahmed, Ali, Khan, Al-Hashimi, Al-Sa'di, El-Masri, Abdallah, Mansour,
            Saad, Tannous, Younes, Rahimi, Hosseini, Ahmadi, Karimi, Yılmaz, Demir, Şahin, Öztürk"""
        ),
    ),
    Community(
        5,
        words(
            """Maria Cristina, Angelica, Rosario, Marisol, Jocelyn, Maricel, Lourdes, Cherry, Bernadette, Teresita,
            Rowena, Liezel"""
        ),
        words("""Jose, Ramon, Rodrigo, Emmanuel, Jericho, Carlo, Benjie, Arnel, Rommel, Eduardo, Fernando, Danilo"""),
        words(
            """Santos, Reyes, Cruz, Bautista, Ocampo, Garcia, Mendoza, Villanueva, Dela Cruz, Aquino, Ramos,
            Castillo, Navarro, Salazar, Manalo"""
        ),
    ),
    Community(
        5,
        words(
            """Ji-woo, Seo-yeon, Min-ji, Hye-jin, Eun-ji, Soo-jin, Yuki, Sakura, Haruka, Aiko, Naomi, Pimchanok,
            Siriporn, Ratana, Kanya, Malee"""
        ),
        words(
            """Min-jun, Ji-hoon, Dong-hyun, Sung-min, Hyun-woo, Kenji, Takeshi, Hiroshi, Daichi, Kenta, Somchai,
            Anan, Chai, Niran, Prasit, Somsak"""
        ),
        words(
            """Kim, Lee, Park, Choi, Jung, Kang, Yoon, Tanaka, Suzuki, Sato, Takahashi, Itō, Watanabe, Wongsawat,
            Srisai, Chaiyaporn, Ratanakul"""
        ),
    ),
    Community(
        7,
        words(
            """Ana, Jelena, Milica, Katarzyna, Agnieszka, Małgorzata, Natalia, Oksana, Ivana, Snežana, Elżbieta,
            Dragana, Marija, Zuzana, Vesna, Halina"""
        ),
        words(
            """Ivan, Marko, Nikola, Zoran, Goran, Piotr, Krzysztof, Tomasz, Andrzej, Miroslav, Stjepan, Dejan,
            Željko, Oleksandr, Vladimir, Ante"""
        ),
        words(
            """Novak, Kovačević, Petrović, Jovanović, Horvat, Marić, Kowalski, Nowak, Wiśniewski, Wójcik, Dvořák,
            Popov, Shevchenko, Nikolić, Babić, Stojanovski, Trajkovski, Kovács, Nagy, Szabó"""
        ),
    ),
    Community(
        6,
        words(
            """Anna, Ingrid, Heidi, Monika, Ursula, Saskia, Annelies, Marieke, Françoise, Céline, Élodie, Siobhán,
            Niamh, Aoife, Kirsten, Birgit"""
        ),
        words(
            """Hans, Klaus, Jürgen, Dieter, Jan, Pieter, Willem, Lars, Björn, Jean-Luc, François, Éamon, Cormac,
            Stefan, Uwe, Henrik"""
        ),
        words(
            """Müller, Schmidt, Schneider, Weber, Schröder, Jansen, de Vries, van der Merwe, van den Berg, Visser,
            Kühn, Lefèvre, Dubois, Andersen, Lindström, Ó Súilleabháin, Pfeiffer, Botha, Kuchel, Zander"""
        ),
    ),
    Community(
        4,
        words(
            """Camila, Valentina, Lucía, Gabriela, Beatriz, Inês, Paula, Carolina, Ximena, Consuelo, Andrea,
            Montserrat"""
        ),
        words("""José, Juan, Carlos, Diego, Mateo, Andrés, João, Tiago, Jesús, Sebastián, Rafael, Íñigo"""),
        words(
            """González, Rodríguez, Muñoz, Rojas, Silva, Pereira, Nuñez, Hernández, Vargas, Fernández, Ibáñez,
            Araújo, da Silva, Castro-Pérez"""
        ),
    ),
    Community(
        4,
        words(
            """Nyakim, Achol, Abuk, Amina, Hodan, Selam, Tigist, Chipo, Thandiwe, Ngozi, Adaeze, Grace, Ayen, Awa,
            Mercy, Blessing"""
        ),
        words(
            """Deng, Garang, Akol, Majok, Abdi, Yusuf, Dawit, Tesfaye, Tendai, Chidi, Emeka, Kwame, Samuel,
            Mamadou, Emmanuel, Tariro"""
        ),
        words(
            """Deng, Garang, Akec, Mabior, Mohamud, Abdi, Tesfaye, Haile, Moyo, Ndlovu, Okafor, Adeyemi, Mensah,
            N'Diaye, N'Guessan, Chikwanha, Warsame"""
        ),
    ),
    Community(
        4,
        words(
            """Ana, Sina, Mele, Lupe, Salote, Losa, Aroha, Mere, Ngaire, Hinemoa, Litia, Makereta, Siu,
            Leilani"""
        ),
        words(
            """Sione, Tavita, Semisi, Viliami, Te'o, Malakai, Tama, Wiremu, Rāwiri, Hemi, Jone, Apisai, Lote, Sefo"""
        ),
        words(
            """Tuilagi, Fa'asavalu, Latu, Taufa, Fifita, Vaega, Leota, Tui, Ngata, Parata, Tāwhiri, Waititi,
            Vakatawa, Ma'afu"""
        ),
    ),
)

# The rest of 288 households: English surnames and given names, the latter by year of birth.
ENGLISH_WEIGHT = 200

NICKNAMES: dict[str, str] = {
    "Margaret": "Marg",
    "Patricia": "Trish",
    "Elizabeth": "Liz",
    "Judith": "Judy",
    "Barbara": "Barb",
    "Pamela": "Pam",
    "Beverley": "Bev",
    "Jennifer": "Jen",
    "Katherine": "Kate",
    "Catherine": "Cath",
    "Rebecca": "Bec",
    "Melissa": "Mel",
    "Michelle": "Shell",
    "Samantha": "Sam",
    "Jessica": "Jess",
    "Deborah": "Deb",
    "Jacqueline": "Jacqui",
    "Stephanie": "Steph",
    "Charlotte": "Charlie",
    "Matilda": "Tilly",
    "Robert": "Bob",
    "William": "Bill",
    "Michael": "Mick",
    "Kenneth": "Ken",
    "Geoffrey": "Geoff",
    "Raymond": "Ray",
    "Donald": "Don",
    "Maxwell": "Max",
    "Desmond": "Des",
    "Terence": "Terry",
    "Andrew": "Drew",
    "Stephen": "Steve",
    "Matthew": "Matt",
    "Anthony": "Tony",
    "Daniel": "Dan",
    "Christopher": "Chris",
    "Timothy": "Tim",
    "Gregory": "Greg",
    "Benjamin": "Ben",
    "Joshua": "Josh",
    "Nicholas": "Nick",
    "Lachlan": "Lachie",
    "Theodore": "Teddy",
    "Harrison": "Harry",
    "Giuseppe": "Joe",
    "Konstantinos": "Con",
    "Dimitra": "Dimi",
    "Mohammed": "Mo",
}

# Names as their bearers write them: what some of them prefer to be called.
OWN_SCRIPT: dict[str, str] = {
    "Eleni": "Ελένη",
    "Despina": "Δέσποινα",
    "Katerina": "Κατερίνα",
    "Spiros": "Σπύρος",
    "Georgios": "Γιώργος",
    "Mei": "梅",
    "Jing": "静",
    "Fang": "芳",
    "Xiu Ying": "秀英",
    "Hui Min": "慧敏",
    "Wei": "伟",
    "Jun": "军",
    "Ming": "明",
    "Zhiwei": "志伟",
    "Jia Hao": "家豪",
    "Priya": "प्रिया",
    "Sunita": "सुनीता",
    "Rahul": "राहुल",
    "Gurpreet": "ਗੁਰਪ੍ਰੀਤ",
    "Harpreet": "ਹਰਪ੍ਰੀਤ",
    "Karthik": "கார்த்திக்",
    "Fatima": "فاطمة",
    "Mariam": "مريم",
    "Layla": "ليلى",
    "Mohammed": "محمد",
    "Ahmad": "أحمد",
    "Parisa": "پریسا",
    "Ji-woo": "지우",
    "Seo-yeon": "서연",
    "Min-jun": "민준",
    "Sakura": "さくら",
    "Kenji": "健司",
    "Somchai": "สมชาย",
    "Malee": "มาลี",
    "Jelena": "Јелена",
    "Marko": "Марко",
    "Oksana": "Оксана",
    "Oleksandr": "Олександр",
    "Selam": "ሰላም",
    "Dawit": "ዳዊት",
}
